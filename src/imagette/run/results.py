"""What the published runs come to: one row an experiment, its figures over all its seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from imagette.errors import UsageError
from imagette.evaluate.comparison import Spread, spread
from imagette.evaluate.evaluation import Interval
from imagette.run.figures import figures_of
from imagette.run.variants import identity
from imagette.store.damage import naming_damage
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row
from imagette.store.naming import MARKER
from imagette.store.published import MARK

TEST = "test"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """An experiment's published runs. Accuracies (0 to 1) are of the last weights, on the test set.

    Seconds are means over the seeds, by the clock: of training, and of set-up before it, compiling
    included (None where it is not known). `accuracy` is None until the test set was opened, and
    `single`, of one view, where an image is judged by one view anyway.
    """

    experiment: str
    data: str
    parameters: int
    multiplications: int  # forward, of one image
    epochs: tuple[float, ...]  # of each seed
    train_seconds: float
    setup_seconds: float | None
    seeds: tuple[int, ...]
    accuracy: Spread | None
    single: Spread | None
    views: int
    watched: bool  # whether the test set was measured at every epoch
    machines: tuple[str, ...]  # hardware and versions

    @property
    def interval(self) -> Interval | None:
        """Of the mean over seeds, 95 %: Student's t; None of a single seed."""
        return self.accuracy.interval if self.accuracy else None


def read_results(folder: Path) -> tuple[ResultRow, ...]:
    """The results below `folder`, `<experiment>/<seed>/`, by name; none if there is no folder.

    Raises UsageError where runs of one experiment differ by more than their seed.
    """
    places = sorted(folder.glob(f"*/*/{MARK}"))
    found: dict[str, list[Path]] = {}
    for place in places:
        if (place.parent / MARKER).is_file():
            found.setdefault(place.parents[1].name, []).append(place.parent)
    return tuple(_row(name, paths) for name, paths in found.items())


def read_pretrained(folder: Path) -> tuple[ResultRow, ...]:
    """The runs that come with imagette, `<folder>/<name>/`, a row each; none if there is none."""
    places = sorted(folder.glob(f"*/{MARK}"))
    return tuple(_row(place.parent.name, [place.parent]) for place in places)


def _row(name: str, paths: Sequence[Path]) -> ResultRow:
    runs = sorted(map(figures_of, paths), key=lambda run: run.summary.seed)
    if len({identity(run.resolved, run.contents) for run in runs}) > 1:
        raise UsageError(
            f"{paths[0].parent} holds runs that differ by more than their seed: publish each "
            "experiment under a name of its own."
        )
    folders = [RunFolder.open(run.path) for run in runs]
    first = runs[0].summary
    with naming_damage(paths[0].parent):
        return ResultRow(
            experiment=name,
            data=first.data,
            parameters=first.parameters,
            multiplications=int(folders[0].cost()["cost"]["multiplications"]),
            epochs=tuple(run.summary.epochs for run in runs),
            train_seconds=fmean(_seconds(folders, "train_seconds")),
            setup_seconds=fmean(setup) if (setup := _seconds(folders, "setup_seconds")) else None,
            seeds=tuple(run.summary.seed for run in runs),
            accuracy=_spread([run.accuracies.get(TEST) for run in runs]),
            single=_spread([run.singles.get(TEST) for run in runs]),
            views=runs[0].views,
            watched=first.test_watched,
            machines=tuple(dict.fromkeys(map(machine_of, folders))),
        )


def _spread(figures: Sequence[float | None]) -> Spread | None:
    known = [one for one in figures if one is not None]
    return spread(known) if known else None


def _seconds(folders: Sequence[RunFolder], of: str) -> list[float]:
    """What the runs that know it spent so."""
    spent = [(folder.finished() or {})["spent"] for folder in folders]
    return [float(one[of]) for one in spent if one.get(of) is not None]


def machine_of(folder: RunFolder) -> str:
    """Hardware, engine and versions that a run was made with, in one line."""
    made: Row = folder.environment()
    return (
        f"{made.get('processor')}: {made.get('device')}; imagette {made.get('imagette')}, "
        f"NumPy {made.get('numpy')}, Python {made.get('python')}"
    )
