"""What a training says while it runs: plain values, and whoever iterates decides what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imagette.arrays import Weights
from imagette.evaluate.tally import Tally


@dataclass(frozen=True)
class Position:
    """A point on the grid of chunks: `epoch` is under way (from 1), `step_in_epoch` steps are done.

    `tally` holds the epoch's running loss and accuracy up to here, `step` counts from the start.
    """

    epoch: int = 1
    step_in_epoch: int = 0
    step: int = 0
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class Progress:
    """A chunk of steps is done.

    `images` and `seconds` are those of the epoch so far, of training alone.
    """

    position: Position
    steps_per_epoch: int
    epochs: int
    images: int
    seconds: float


@dataclass(frozen=True)
class Decision:
    """Something that was decided from a measurement, and must be repeated on resuming."""

    what: str
    value: Any
    because: str


@dataclass(frozen=True)
class EpochRow:
    """The figures of one epoch; `figures` are the same at every repetition, `timing` is not.

    Of an epoch that is cut short, `share` is how much of it was trained.
    """

    figures: Mapping[str, Any]
    timing: Mapping[str, Any]


def epochs_at(figures: Mapping[str, Any]) -> float:
    """How many epochs are done at the end of that of a row: a whole number, or it was cut short.

    >>> epochs_at({"epoch": 3}), epochs_at({"epoch": 3, "share": 0.25})
    (3, 2.25)
    """
    epoch: int = figures["epoch"]
    return epoch - 1 + figures["share"] if "share" in figures else epoch


@dataclass(frozen=True)
class Checkpoint:
    """Everything that resuming needs: weights and optimiser (`opt.`) by name, and the position.

    Seconds of training so far: in all, and of the epoch that is under way. Under a time budget also
    those since the run began, set-up and evaluation included.
    """

    position: Position
    arrays: Weights
    train_seconds: float = 0.0
    epoch_seconds: float = 0.0
    spent_seconds: float = 0.0


@dataclass(frozen=True)
class Remark:
    """Something the user should know, in one line, such as the epoch at which stagnation began."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The end: the last weights, why it ended, in words, and what it took.

    `complete` is False where it was stopped and can be resumed. `epochs` is no whole number where
    the last was cut short.
    """

    weights: Weights
    reason: str
    complete: bool
    epochs: float
    steps: int
    train_seconds: float


Event = Progress | Decision | EpochRow | Checkpoint | Remark | Finished


@dataclass(frozen=True)
class Stop:
    """The answer to an event that ends the training at the next point of the grid."""

    reason: str
