"""Writes what happens in a training into its run folder."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from imagette.engines.protocol import optimiser_of, weights_of
from imagette.evaluate.tally import Tally
from imagette.experiment import CheckpointSpec
from imagette.run.lines import line_of
from imagette.store.checkpoint import ModelCard, Saved
from imagette.store.folder import RunFolder
from imagette.train.events import Checkpoint, Decision, EpochRow, Event, Position
from imagette.train.loop import Start


def keep(folder: RunFolder, event: Event, card: ModelCard, checkpoints: CheckpointSpec) -> None:
    """Makes one event durable, before anyone else sees it."""
    line = line_of(event)
    if line:
        folder.append_log(line)
    match event:
        case EpochRow(figures, timing):
            folder.append_timing(timing)
            folder.append_history(figures)
        case Decision():
            folder.append_decision(asdict(event))
        case Checkpoint(position, arrays):
            weights, state = weights_of(arrays), optimiser_of(arrays)
            folder.write_checkpoint(position.step, weights, state, card, _meta(position))
            if _is_best(folder, position.step):
                folder.mark("best", position.step)
            folder.prune(checkpoints.keep)


def start_of(folder: RunFolder, saved: Saved) -> Start:
    """Where to go on from a checkpoint, the run's history being already taken back to it."""
    tally = Tally(**saved.meta["tally"])
    position = Position(saved.meta["epoch"], saved.meta["step_in_epoch"], saved.step, tally)
    spent = sum(row["train_seconds"] for row in folder.timings())
    return Start({**saved.weights, **saved.state}, position, tuple(folder.history()), spent)


def _meta(position: Position) -> dict[str, Any]:
    return {
        "epoch": position.epoch,
        "step_in_epoch": position.step_in_epoch,
        "tally": asdict(position.tally),
    }


def _is_best(folder: RunFolder, step: int) -> bool:
    """Whether the row of this step has the highest validation accuracy so far, the first of equals.

    Rows of the test set have no say in it.
    """
    rows = [row for row in folder.history() if "validation_accuracy" in row]
    if not rows or rows[-1]["step"] != step:
        return False
    return all(_accuracy(row) < _accuracy(rows[-1]) for row in rows[:-1])


def _accuracy(row: Mapping[str, Any]) -> float:
    return float(row["validation_accuracy"])
