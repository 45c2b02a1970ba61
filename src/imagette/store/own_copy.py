"""A run that may be written beside: one that comes with imagette is copied first."""

from pathlib import Path

from imagette.data.notice import notice
from imagette.errors import UsageError
from imagette.run_spec import RunSpec
from imagette.store.json_files import read_json
from imagette.store.naming import MARKER, find_run, is_pretrained
from imagette.store.whole import read_whole, write_whole_folder

_WEIGHTS_OF = "last.json"  # the digest of the weights, in both


def own_copy(run: Path | str) -> Path:
    """The run itself; of `pretrained:NAME` its copy `runs/pretrained/NAME/<seed>`, made if need be.

    That it was made is told in one line. Raises UsageError where another run lies in its place.
    """
    if not is_pretrained(run):
        return Path(run)
    found = find_run(Path(run))
    seed = read_json(found / "resolved.json")["seed"]
    place = Path(RunSpec().folder) / "pretrained" / found.name / str(seed)
    if (place / MARKER).is_file():
        if read_json(place / _WEIGHTS_OF) != read_json(found / _WEIGHTS_OF):
            raise UsageError(
                f"{place} is no copy of {run}, its weights are others: move it away, and the copy "
                "is made again."
            )
        return place
    files = {
        path.relative_to(found).as_posix(): read_whole(path)
        for path in sorted(found.rglob("*"))
        if path.is_file()
    }
    write_whole_folder(place, files)
    notice(f"{run} was copied to {place}, where what comes of it is kept")
    return place
