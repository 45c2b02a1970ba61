"""What a run keeps of its tracking, in `tracking/`: how far each tracker has been told.

`<tracker>.json`, `<tracker>.lock` for the one process that tells it, and `<tracker>.log`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from imagette.errors import StoreError
from imagette.store.folder import RunFolder
from imagette.store.json_files import read_json, write_json
from imagette.store.lock import only_one
from imagette.store.whole import make_folder, telling_of

VERSION = 1


@dataclass(frozen=True)
class Told:
    """How far a tracker has been told, so that nothing is told twice.

    `steps` and `rows` are the steps and digests of its epochs, `decisions` a count, `evaluations`
    digests by name.
    """

    steps: tuple[int, ...] = ()
    rows: tuple[str, ...] = ()
    decisions: int = 0
    evaluations: Mapping[str, str] = field(default_factory=dict)


def tracking_folder(run: RunFolder) -> Path:
    """The run's `tracking/`, made if it is not there."""
    folder = run.path / "tracking"
    for path in (folder, *(folder.iterdir() if folder.is_dir() else ())):
        if path.is_symlink():
            raise StoreError(f"{path} is a link, and nothing is written through one: remove it")
    with telling_of(folder):
        make_folder(folder)
    return folder


def log_of(run: RunFolder, tracker: str) -> Path:
    """What the tracker's own process said."""
    return tracking_folder(run) / f"{tracker}.log"


@contextmanager
def telling(run: RunFolder, tracker: str) -> Iterator[None]:
    """Be the one process that tells the tracker of the run, or raise UsageError at once."""
    path = tracking_folder(run) / f"{tracker}.lock"
    refusal = f"{run.path} is being followed for {tracker} by another process: wait for its end"
    with only_one(path, refusal):
        yield


def read_told(run: RunFolder, tracker: str, target: Mapping[str, Any]) -> Told:
    """How far the tracker has been told; nothing yet, where that was kept for another `target`.

    `target` is where the tracker keeps the run, as JSON values. A file that is damaged or of a
    later version raises StoreError.
    """
    path = run.path / "tracking" / f"{tracker}.json"
    if not path.exists():
        return Told()
    remedy = "remove it, and all is told anew"
    try:
        row = read_json(path)
        if row["version"] != VERSION:
            raise StoreError(
                f"{path} is of version {row['version']!r:.20}, not {VERSION}: {remedy}"
            )
        if row["target"] != dict(target):
            return Told()
        told = row["told"]
        return Told(
            tuple(map(int, told["steps"])),
            tuple(map(str, told["rows"])),
            int(told["decisions"]),
            {str(name): str(digest) for name, digest in told["evaluations"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"{path} is damaged ({error}): {remedy}") from error


def write_told(run: RunFolder, tracker: str, target: Mapping[str, Any], told: Told) -> None:
    row = {"version": VERSION, "target": dict(target), "told": asdict(told)}
    write_json(tracking_folder(run) / f"{tracker}.json", row)
