"""Whether a run overfits, since when, and how far training and validation lie apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
"""A row of history: the keys read are `epoch` and `<train|validation>_<loss|accuracy>`."""


@dataclass(frozen=True, slots=True)
class Overfitting:
    """The epoch of the lowest validation loss, and what both losses did from there to the last."""

    since_epoch: int
    validation_loss: tuple[float, float]  # there, at the last epoch
    train_loss: tuple[float, float]

    def __str__(self) -> str:
        (low, high), (before, after) = self.validation_loss, self.train_loss
        return (
            f"overfits since epoch {self.since_epoch}: validation loss rose from {low:.3f} to "
            f"{high:.3f} while training loss fell from {before:.3f} to {after:.3f}"
        )


def overfitting(
    history: Sequence[Row], patience: int = 3, min_rise: float = 0.01
) -> Overfitting | None:
    """Say since when the validation loss rises while the training loss falls, or None.

    The rule: each of the last `patience` (>= 1) epochs has a validation loss above the lowest of
    the run by more than the proportion `min_rise` (>= 0), and the training loss fell further
    after that lowest epoch. Rows that lack one of the two losses are passed over.
    """
    rows = [row for row in history if _has(row, "train_loss") and _has(row, "validation_loss")]
    if not rows:
        return None
    lowest = min(range(len(rows)), key=lambda index: rows[index]["validation_loss"])
    best, last = rows[lowest], rows[-1]
    recent = rows[lowest + 1 :][-patience:]
    threshold = best["validation_loss"] * (1 + min_rise)
    rises = len(recent) == patience and all(row["validation_loss"] > threshold for row in recent)
    if not rises or last["train_loss"] >= best["train_loss"]:
        return None
    return Overfitting(
        since_epoch=best["epoch"],
        validation_loss=(best["validation_loss"], last["validation_loss"]),
        train_loss=(best["train_loss"], last["train_loss"]),
    )


def gap(row: Row, figure: str = "accuracy") -> float | None:
    """Training minus validation `figure` ("accuracy" or "loss") of one epoch; None if unmeasured.

    >>> round(gap({"train_accuracy": 0.99, "validation_accuracy": 0.83}), 2)
    0.16
    """
    train, validation = f"train_{figure}", f"validation_{figure}"
    if not (_has(row, train) and _has(row, validation)):
        return None
    return float(row[train] - row[validation])


def _has(row: Row, key: str) -> bool:
    return row.get(key) is not None
