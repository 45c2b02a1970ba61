"""The folder of an export: whole or absent, and never in the place of what no export wrote."""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from imagette.errors import StoreError, UsageError
from imagette.store import disk
from imagette.store.damage import NUMBER, TABLE, TEXT, WHOLE, checked
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row, json_bytes, read_json
from imagette.store.whole import remove_folder, telling_of, temporary_beside, write_whole_folder

CERTIFICATE = "certificate.json"
_LEFT_BY_PYTHON = "__pycache__"
_SAID = {  # of the first file, which a report shows
    "file": TEXT,
    "precision": TEXT,
    "bytes": WHOLE,
    "fault": TEXT,
    "accuracy_engine": NUMBER,
    "accuracy_file": NUMBER,
    "run": TABLE,
}


def export_place(run: RunFolder, name: str, out: Path | None) -> Path:
    """`out`, or `exports/<name>` in the run; StoreError where that leads out of it by a link."""
    if out is not None:
        return out.absolute()
    exports = run.path / "exports"
    if exports.is_symlink():
        raise StoreError(f"{exports} is a link, and nothing is written through one: name an --out")
    return exports / name


def read_exports(run: Path) -> dict[str, Row]:
    """The certificates of a run's exports, by the names of their folders.

    Damaged ones are left out. Where `exports` is a link, what it leads to is not the run's.
    """
    exports = run / "exports"
    if exports.is_symlink() or not exports.is_dir():
        return {}
    found: dict[str, Row] = {}
    for place in sorted(exports.iterdir()):
        path = place / CERTIFICATE
        with suppress(StoreError):
            if not place.is_symlink() and path.is_file():
                found[place.name] = checked(read_json(path), path, _SAID)
    return found


def refuse_taken(place: Path, overwrite: bool) -> None:
    """Raises UsageError for what is there already; with `overwrite`, for all but an export."""
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if not overwrite:
        raise UsageError(f"{place} exists: give --overwrite, or another folder with --out.")
    strange = _strangers(place)
    if strange:
        raise UsageError(
            f"{place} holds {strange[0]}, which no export wrote there: --overwrite would remove "
            "it. Move it away, or name another folder with --out."
        )


def write_export(place: Path, files: Mapping[str, bytes], certificate: Row) -> None:
    """Writes the files and `certificate.json`, which lists them, in the place of an older export.

    The folder is there whole, or not at all: the new one is complete before the old one goes.
    """
    listed = {name: sha256(data).hexdigest() for name, data in files.items()}
    certified = json_bytes({**certificate, "files": listed})
    staged = temporary_beside(place)
    write_whole_folder(staged, {**files, CERTIFICATE: certified})
    if place.exists():
        remove_folder(place)
    with telling_of(place):
        disk.in_use.rename(staged, place)
        disk.in_use.sync_folder(place.parent)


def _strangers(place: Path) -> list[str]:
    """What lies in a folder that its certificate does not list."""
    certificate = place / CERTIFICATE
    if not place.is_dir() or not certificate.is_file():
        return [f"no {CERTIFICATE}" if place.is_dir() else "a file"]
    listed = {CERTIFICATE, *read_json(certificate).get("files", {})}
    found = (path.relative_to(place) for path in place.rglob("*") if not path.is_dir())
    return [
        path.as_posix()
        for path in found
        if path.as_posix() not in listed and _LEFT_BY_PYTHON not in path.parts
    ]
