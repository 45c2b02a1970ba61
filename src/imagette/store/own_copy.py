"""A run that may be written beside: one that comes with imagette is copied first."""

from pathlib import Path

from imagette.data.notice import notice
from imagette.errors import StoreError, UsageError
from imagette.run_spec import RunSpec
from imagette.store.json_files import read_json
from imagette.store.naming import MARKER, find_run, is_pretrained
from imagette.store.whole import read_whole, write_whole_folder

_WEIGHTS_OF = "last.json"  # the digest of the weights, in both


def own_copy(run: Path | str) -> Path:
    """The run itself; of `pretrained:NAME` its copy `runs/pretrained/NAME/<seed>`, made if need be.

    That it was made is told in one line. Raises UsageError where something else lies in its place,
    and StoreError where it cannot be written.
    """
    if not is_pretrained(run):
        return Path(run)
    found = find_run(Path(run))
    seed = read_json(found / "resolved.json")["seed"]
    place = Path(RunSpec().folder) / "pretrained" / found.name / str(seed)
    if _is_copy(place, found):
        return place
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise UsageError(
            f"{place} is no copy of {run}, or of other weights: move it away, and the copy is made "
            "again."
        )
    try:
        write_whole_folder(place, _files_of(found))
    except StoreError as error:
        if _is_copy(place, found):  # another process was faster
            return place
        raise StoreError(
            f"{error}. {run} is copied there before anything is kept beside it: change to a folder "
            "that you may write in."
        ) from error
    notice(f"{run} was copied to {place}, where what comes of it is kept")
    return place


def _is_copy(place: Path, found: Path) -> bool:
    """Whether the run with the same weights lies there; it appeared with all its files at once."""
    if not all((place / name).is_file() for name in (MARKER, _WEIGHTS_OF)):
        return False
    return read_json(place / _WEIGHTS_OF) == read_json(found / _WEIGHTS_OF)


def _files_of(run: Path) -> dict[str, bytes]:
    return {
        path.relative_to(run).as_posix(): read_whole(path)
        for path in sorted(run.rglob("*"))
        if path.is_file()
    }
