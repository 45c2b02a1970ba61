"""The folder of an export: whole or absent, and never in the place of what no export wrote."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from imagette.errors import StoreError, UsageError
from imagette.store.damage import NUMBER, TABLE, TEXT, WHOLE, checked
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row, json_bytes, read_json
from imagette.store.whole import read_whole, write_whole_folder

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
    for place in sorted(exports.glob("[!.]*")):  # a hidden one was being written
        path = place / CERTIFICATE
        with suppress(StoreError):
            if not place.is_symlink() and path.is_file():
                found[place.name] = checked(read_json(path), path, _SAID)
    return found


def refuse_taken(place: Path, overwrite: bool) -> None:
    """Raises UsageError for what is there already; with `overwrite`, for all but an export."""
    if place.is_symlink():
        raise UsageError(f"{place} is a link, which no export replaces: name another --out")
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if not overwrite:
        raise UsageError(f"{place} exists: give --overwrite, or another folder with --out.")
    strange = next(_strangers(place), None)
    if strange:
        raise UsageError(
            f"{place} holds {strange}: --overwrite would remove it. Move it away, or name another "
            "folder with --out."
        )


def write_export(
    place: Path, files: Mapping[str, bytes], certificate: Row, *, overwrite: bool = False
) -> None:
    """Writes the files and `certificate.json`, which lists them, with `overwrite` for an older one.

    The folder is there whole, or not at all: the new one is complete before the old one goes. What
    has come to its place since it was looked at is refused as `refuse_taken` does.
    """
    listed = {name: _digest(data) for name, data in files.items()}
    certified = json_bytes({**certificate, "files": listed})
    refuse_taken(place, overwrite)
    write_whole_folder(place, {**files, CERTIFICATE: certified}, replace=overwrite)


def _strangers(place: Path) -> Iterator[str]:
    """What lies in a folder that no export wrote there, or that was changed since."""
    certificate = place / CERTIFICATE
    if not place.is_dir() or not certificate.is_file():
        yield f"no {CERTIFICATE}" if place.is_dir() else "a file, not a folder"
        return
    listed = read_json(certificate).get("files")
    listed = listed if isinstance(listed, dict) else {}
    for path in sorted(place.rglob("*")):
        inner = path.relative_to(place)
        name = inner.as_posix()
        if name == CERTIFICATE or _LEFT_BY_PYTHON in inner.parts:
            continue
        if path.is_symlink() or not (path.is_dir() or name in listed):
            yield f"{name}, which no export wrote there"
        elif not path.is_dir() and _digest(read_whole(path)) != listed[name]:
            yield f"{name}, which was changed since it was exported"


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
