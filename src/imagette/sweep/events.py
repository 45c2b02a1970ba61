"""What a sweep says while it runs: plain values, and whoever iterates decides what to show."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagette.sweep.trials import Trial


@dataclass(frozen=True)
class Outcome:
    """How a trial ended: finished, with its figures, or failed, with the reason in one line.

    `accuracy` (0 to 1) is of the last weights on `split`: validation, or test where it was open all
    along, or train. `train_seconds` is training alone, over all the processes that it took.
    """

    trial: str
    seed: int
    run: Path
    reason: str
    exit_code: int = 0
    split: str | None = None
    accuracy: float | None = None
    train_seconds: float | None = None

    @property
    def finished(self) -> bool:
        return self.exit_code == 0

    def as_json(self) -> dict[str, Any]:
        return {
            "trial": self.trial,
            "seed": self.seed,
            "run": str(self.run),
            "outcome": "finished" if self.finished else "failed",
            "reason": self.reason,
            "exit_code": self.exit_code,
            "split": self.split,
            "accuracy": self.accuracy,
            "train_seconds": self.train_seconds,
        }


@dataclass(frozen=True)
class Begun:
    """The sweep's folder is there. Of `num_trials`, those of `finished` were there already.

    `threads` is what `engine.threads` is set to in every trial, None where it is left alone.
    """

    folder: Path
    num_trials: int
    finished: tuple[Outcome, ...]
    workers: int
    threads: int | None


@dataclass(frozen=True)
class Started:
    """A trial's process is under way, from the start or from its last checkpoint."""

    trial: Trial
    resumed: bool


@dataclass(frozen=True)
class Waiting:
    """Some tenths of a second have passed; these trials are under way, so many have ended."""

    running: tuple[Trial, ...]
    num_ended: int


@dataclass(frozen=True)
class TrialEnded:
    """A trial has finished or failed, and that is on the disk."""

    outcome: Outcome


@dataclass(frozen=True)
class SweepEnded:
    """The end: an outcome for each trial that has one, in the order of the sweep.

    `complete` is False where it was stopped before every trial had ended.
    """

    outcomes: tuple[Outcome, ...]
    complete: bool


SweepEvent = Begun | Started | Waiting | TrialEnded | SweepEnded
