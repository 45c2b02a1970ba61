"""What a run folder holds of a run, read once: every section of a report starts from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imagette.errors import DataError
from imagette.evaluate.evaluation import Evaluation
from imagette.store.exports import read_exports
from imagette.store.folder import RunFolder
from imagette.store.ledger import openings, verify

Row = Mapping[str, Any]

JUDGED = ("test", "validation", "train")
"""The split that a report looks at closely: the first of these that was evaluated."""


@dataclass(frozen=True, slots=True, eq=False)
class Openings:
    """Who opened the data set's test images, by this machine's ledger and by the run's extract."""

    known: tuple[Row, ...]  # of the data set, on this machine, the oldest first
    own: tuple[Row, ...]  # of the run, wherever it was made
    broken_at: int | None  # the first row of the ledger that does not follow the one before it


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A run as its folder tells it; `state` is finished, stopped, failed or unfinished."""

    path: str
    state: str
    reason: str | None
    resolved: Row
    experiment: str | None  # the file as it was given
    cost: Row
    environment: Row
    network_text: str
    history: tuple[Row, ...]
    timings: tuple[Row, ...]
    decisions: tuple[Row, ...]
    notes: tuple[Row, ...]
    finished: Row | None
    figures: Mapping[str, Row]  # of each evaluation, by its name: "validation", "test-best"
    openings: Openings
    exports: Mapping[str, Row]  # certificates by format
    earlier: Mapping[str, int]  # splits that were judged before the run went on: at which step

    @property
    def title(self) -> str:
        return str(self.resolved["run"]["title"])

    @property
    def data_name(self) -> str:
        return str(self.resolved["data"]["name"])

    @property
    def is_watched(self) -> bool:
        """Whether the test set was measured at each epoch, as the courses ask."""
        return bool(self.resolved["evaluation"]["test"] == "each-epoch")

    @property
    def split(self) -> str | None:
        """The split that the report looks at closely; None before any was evaluated."""
        return next((name for name in JUDGED if name in self.figures), None)

    @property
    def evaluation(self) -> Evaluation | None:
        """The figures of that split; None before any was evaluated, or if they are damaged."""
        return None if self.split is None else self.evaluations.get(self.split)

    @property
    def evaluations(self) -> dict[str, Evaluation]:
        """Every evaluation that can be read, test first, then by name."""
        order = {name: place for place, name in enumerate(JUDGED)}
        names = sorted(self.figures, key=lambda name: (order.get(name, len(order)), name))
        read = {name: _evaluation(self.figures[name]) for name in names}
        return {name: one for name, one in read.items() if one is not None}


def read_record(folder: RunFolder, state: str, reason: str | None) -> Record:
    """Read a run's small files; raises StoreError for one that is damaged or from the future."""
    resolved = folder.resolved()
    name = str(resolved["data"]["name"])
    finished = folder.finished()
    found = {
        split: row for split in folder.evaluated() if (row := folder.evaluation_figures(split))
    }
    earlier = _earlier(found, finished)
    return Record(
        path=str(folder.path),
        state=state,
        reason=reason,
        resolved=resolved,
        experiment=folder.experiment_text(),
        cost=folder.cost(),
        environment=folder.environment(),
        network_text=folder.network_text(),
        history=tuple(folder.history()),
        timings=tuple(folder.timings()),
        decisions=tuple(folder.decisions()),
        notes=tuple(folder.notes()),
        finished=finished,
        figures={split: row for split, row in found.items() if split not in earlier},
        openings=Openings(tuple(openings(name)), tuple(folder.ledger()), verify(name).broken_at),
        exports=read_exports(folder.path),
        earlier=earlier,
    )


def _earlier(figures: Mapping[str, Row], finished: Row | None) -> dict[str, int]:
    """Splits judged while the run stood at an earlier step than its last: they are not its result.

    Rows of an early version do not say their step, and are taken as they are.
    """
    if finished is None:
        return {}
    steps = {split: figures[split].get("checkpoint") for split in JUDGED if split in figures}
    return {split: step for split, step in steps.items() if step not in (None, finished["step"])}


def _evaluation(row: Row) -> Evaluation | None:
    """None for figures of an early version, or damaged: the report says that they are missing."""
    try:
        return Evaluation.from_json(row)
    except DataError:
        return None
