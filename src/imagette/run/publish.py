"""Publishes a finished run: `results/<experiment>/<seed>/`, a run folder for everybody to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imagette.errors import UsageError
from imagette.experiment import read_values
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
    published, remarks = published_files(folder, experiment), tuple(_remarks(folder))
    write_whole_folder(place, published.files, replace=overwrite)
    size = sum(map(len, published.files.values()))
    return Result(place, size, published.left_out, remarks)


def _refuse_taken(place: Path, overwrite: bool) -> None:
    if place.is_symlink():
        raise UsageError(f"{place} is a link, which no result replaces: remove it.")
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if not (place / MARK).is_file() or not (place / MARKER).is_file():
        raise UsageError(f"{place} is there and no published run: move it away.")
    if not overwrite:
        raise UsageError(f"{place} is published already: give --overwrite to replace it.")


def _remarks(folder: RunFolder) -> Iterator[str]:
    if folder.evaluation_figures("test") is None:
        yield (
            "it was not judged on the test set: imagette evaluate RUN --split test --open-test, "
            "then publish again"
        )
    given = folder.experiment_file()
    named = read_values(given).get("run", {}) if given else {}
    private = [key for key in ("folder", "track") if key in named]
    if given and private:
        yield (
            f"{given.name} is published as it was given, with the {' and the '.join(private)} of "
            "its [run]: take that out of the published file if it is nobody's business"
        )
