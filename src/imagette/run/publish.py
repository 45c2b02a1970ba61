"""Publishes a finished run: `results/<experiment>/<seed>/`, a run folder for everybody to read."""

from dataclasses import dataclass
from pathlib import Path

from imagette.errors import UsageError
from imagette.run.runs import summary_of
from imagette.store.folder import RunFolder
from imagette.store.naming import MARKER, safe_title
from imagette.store.published import MARK, published_files
from imagette.store.whole import write_whole_folder

RESULTS = Path("results")


@dataclass(frozen=True, slots=True)
class Result:
    """Where a run was published, what that takes on the disk, what it lacks, and what to know."""

    path: Path
    size_bytes: int
    left_out: tuple[str, ...]
    remarks: tuple[str, ...]


def publish(
    run: Path | str, to: Path = RESULTS, name: str | None = None, overwrite: bool = False
) -> Result:
    """Writes a finished run to `<to>/<name>/<seed>`, whole or not at all; the run stays as it is.

    `name` is the experiment's, the run's title if left out. Raises UsageError for a run that has
    not finished, and for a result that is there unless `overwrite`.
    """
    folder = RunFolder.open(Path(run))
    summary = summary_of(folder)
    if summary.state.word != "finished":
        raise UsageError(
            f"{folder.path} is {summary.state.text}, and finished runs alone are published: go on "
            f"with imagette train --resume {folder.path}"
        )
    experiment = safe_title(name or summary.title)
    place = (to / experiment / str(summary.seed)).absolute()
    _refuse_taken(place, overwrite)
    published = published_files(folder, experiment)
    write_whole_folder(place, published.files, replace=overwrite)
    size = sum(map(len, published.files.values()))
    return Result(place, size, published.left_out, tuple(_remarks(folder)))


def _refuse_taken(place: Path, overwrite: bool) -> None:
    if place.is_symlink():
        raise UsageError(f"{place} is a link, which no result replaces: remove it.")
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if not (place / MARK).is_file() or not (place / MARKER).is_file():
        raise UsageError(f"{place} is there and no published run: move it away.")
    if not overwrite:
        raise UsageError(f"{place} is published already: give --overwrite to replace it.")


def _remarks(folder: RunFolder) -> list[str]:
    if folder.evaluation_figures("test") is None:
        return [
            "it was not judged on the test set: imagette evaluate RUN --split test --open-test, "
            "then publish again"
        ]
    return []
