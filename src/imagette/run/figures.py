"""What one run brings to a comparison: its final figures, its curve, its answers image by image."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

from imagette.evaluate.ensemble import Answers
from imagette.evaluate.spec import JUDGED_FIRST
from imagette.experiment import check, resolved
from imagette.run.runs import RunSummary, summary_of
from imagette.store.damage import naming_damage
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A run as a comparison sees it. `accuracies` and `losses` are of the last weights, by split.

    A split is there if the run measured it: validation; test where it was watched each epoch, or
    opened for the last weights; train always, last of all by right, for it says the least.
    `singles` are the accuracies of one view, on the splits where `accuracies` are of the mean over
    several `views`.
    """

    summary: RunSummary
    resolved: Row
    data: Mapping[str, Any]  # what environment.json says of it: digest, numbers of images
    contents: Mapping[str, Any]  # digests of its code, network and data
    accuracies: Mapping[str, float]
    singles: Mapping[str, float]
    views: int
    losses: Mapping[str, float]
    train_seconds: float
    seconds_per_epoch: float | None  # None before the first epoch
    history: tuple[Row, ...]
    seconds: tuple[float, ...]  # of training, up to each row of history

    @property
    def path(self) -> Path:
        return self.summary.path

    @property
    def is_finished(self) -> bool:
        return self.summary.state.word == "finished"

    def as_json(self, split: str | None) -> dict[str, Any]:
        accuracy = self.accuracies.get(split or "")
        return {
            "path": str(self.path),
            "seed": self.summary.seed,
            "state": self.summary.state.word,
            "reason": self.summary.state.reason,
            "epochs": self.summary.epochs,
            "accuracy": accuracy,
            "views": self.views if split in self.singles else 1,
            "accuracy_single": self.singles.get(split or "", accuracy),
            "losses": dict(self.losses),
            "train_seconds": self.train_seconds,
            "notes": [note.text for note in self.summary.notes],
        }


def figures_of(path: Path) -> RunFigures:
    """Reads a run for a comparison; raises StoreError, naming the run, if it is damaged.

    Keys that a run of an earlier version lacks get their defaults.
    """
    folder = RunFolder.open(path)
    summary = summary_of(folder)
    with naming_damage(folder.path):
        return _figures(folder, summary)


def answers(run: RunFigures, split: str) -> Answers | None:
    """What the last weights say of the images of the split; None if that was not kept."""
    folder = RunFolder.open(run.path)
    if _of_the_last_weights(folder, split) is None or not folder.keeps_answers(split):
        return None
    _, arrays = folder.read_evaluation(split)
    with naming_damage(run.path / "evaluation" / f"{split}.npz"):
        return Answers(arrays["image_digests"], arrays["labels"], arrays["logits"])


class KeptAnswers:
    """`answers` of many runs, each read once however often it is asked for."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, str], Answers | None] = {}

    def of(self, run: RunFigures, split: str) -> Answers | None:
        key = run.path, split
        if key not in self._read:
            self._read[key] = answers(run, split)
        return self._read[key]


def not_kept(run: RunFigures, split: str) -> str:
    """Why `answers` are None, and what to do."""
    return (
        f"the last weights' answers on {split} are not kept: "
        f"imagette evaluate {run.path} --split {split}"
    )


def _figures(folder: RunFolder, summary: RunSummary) -> RunFigures:
    history = folder.history()
    last = history[-1] if history else {}
    took = {row["epoch"]: float(row["train_seconds"]) for row in folder.timings()}
    train_seconds = sum(took.values())
    data = folder.environment().get("data", {})
    experiment = check(folder.resolved(), str(folder.path / "resolved.json"))
    accuracies = _known(last, "accuracy") | _judged_at_the_end(folder)
    several = _of_several_views(folder, accuracies)
    return RunFigures(
        summary=summary,
        resolved=resolved(experiment),
        data=data,
        contents={
            "source": folder.source_digests(),
            "cost": sha256(json.dumps(folder.cost(), sort_keys=True).encode()).hexdigest(),
            "data": [data.get(key) for key in ("digest", "train", "validation")],
        },
        accuracies=accuracies | {split: float(row["accuracy"]) for split, row in several.items()},
        singles={split: float(row["accuracy_single"]) for split, row in several.items()},
        views=experiment.evaluation.views,
        losses=_known(last, "loss"),
        train_seconds=train_seconds,
        seconds_per_epoch=train_seconds / summary.epochs if summary.epochs else None,
        history=tuple(history),
        seconds=tuple(accumulate(took.get(row["epoch"], 0.0) for row in history)),
    )


def _known(row: Mapping[str, Any], figure: str) -> dict[str, float]:
    keys = {split: f"{split}_{figure}" for split in JUDGED_FIRST}
    return {split: float(row[key]) for split, key in keys.items() if row.get(key) is not None}


def _of_several_views(folder: RunFolder, measured: Iterable[str]) -> dict[str, Row]:
    """What the last weights scored at the end: rows of history are of one view."""
    found = {split: _of_the_last_weights(folder, split) for split in measured}
    return {split: row for split, row in found.items() if row and row.get("views", 1) > 1}


def _judged_at_the_end(folder: RunFolder) -> dict[str, float]:
    """The accuracies of the last weights that history lacks: on test, if it is open, and on train.

    History's figure on train is of an epoch under way.
    """
    found = {split: _of_the_last_weights(folder, split) for split in ("test", "train")}
    return {split: float(row["accuracy"]) for split, row in found.items() if row}


def _of_the_last_weights(folder: RunFolder, split: str) -> Row | None:
    """The figures of a split, if they are those of the end and not of a run that went on."""
    finished, figures = folder.finished(), folder.evaluation_figures(split)
    if finished and figures and figures.get("checkpoint") == finished["step"]:
        return figures
    return None
