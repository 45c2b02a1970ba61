"""Writes what happens in a training into its run folder."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from imagette.arrays import Weights
from imagette.engines.protocol import state_of, weights_of
from imagette.evaluate.tally import Tally
from imagette.recipe.horizon import Leg
from imagette.run.log import Log
from imagette.run_spec import RunSpec
from imagette.store.checkpoint import ModelCard, Saved, checkpoint_files
from imagette.store.damage import NUMBER, NUMBERS, WHOLE, checked, naming_damage
from imagette.store.ending import write_ending
from imagette.store.folder import RunFolder
from imagette.train.decide import CHUNK, STEPS
from imagette.train.events import Checkpoint, Decision, EpochRow, Event, Finished, Position
from imagette.train.interval import CHECKPOINTS
from imagette.train.loop import Start


def keep(folder: RunFolder, event: Event, card: ModelCard, run: RunSpec) -> None:
    """Makes one event durable, before anyone else sees it."""
    Log(folder, run.logging).write(event)
    match event:
        case EpochRow(figures, timing):
            folder.append_timing(timing)
            folder.append_history(figures)
        case Decision():
            folder.append_decision(asdict(event))
        case Checkpoint(position, arrays):
            weights, state = weights_of(arrays), state_of(arrays)
            folder.write_checkpoint(position.step, weights, state, card, _meta(event))
            settle(folder, run)
        case Finished(complete=False, reason=reason):
            write_ending(folder, "stopped", reason)


def first_checkpoint(arrays: Weights, card: ModelCard) -> dict[str, bytes]:
    """The files of the checkpoint with which a run begins, as `keep` would write them."""
    event = Checkpoint(Position(), arrays)
    return checkpoint_files(0, weights_of(arrays), state_of(arrays), card, _meta(event))


def start_of(folder: RunFolder, saved: Saved) -> Start:
    """Where to go on from a checkpoint, the run's history being already taken back to it."""
    with naming_damage(folder.path):
        return _start_of(folder, saved)


def _start_of(folder: RunFolder, saved: Saved) -> Start:
    kinds = {"epoch": WHOLE, "step_in_epoch": WHOLE, "tally": NUMBERS}
    seconds = dict.fromkeys(("train_seconds", "epoch_seconds"), NUMBER)
    checked(saved.meta, folder.path, {**kinds, **seconds})
    tally, timings = Tally(**saved.meta["tally"]), folder.timings()
    position = Position(saved.meta["epoch"], saved.meta["step_in_epoch"], saved.step, tally)
    return Start(
        arrays={**saved.weights, **saved.state},
        position=position,
        history=tuple(folder.history()),
        train_seconds=saved.meta["train_seconds"],
        epoch_seconds=saved.meta["epoch_seconds"],
        plans=plans_of(folder),
        longest_plan=_last_decided(folder, CHUNK),
        evaluation_seconds=timings[-1]["evaluation_seconds"] if timings else 0.0,
        checkpoint_epochs=_interval_of(folder),
    )


def _interval_of(folder: RunFolder) -> int | None:
    """The epochs from one checkpoint to the next, where the run decided that from measurements."""
    decided = [row["value"] for row in folder.decisions() if row["what"] == CHECKPOINTS]
    return int(decided[-1]) if decided else None


def plans_of(folder: RunFolder) -> tuple[Leg, ...]:
    """How long the training was planned to be, decision by decision."""
    decided: list[Any] = [row.get("value") for row in folder.decisions() if row["what"] == STEPS]
    with naming_damage(folder.path / "decisions.jsonl"):
        legs = [
            checked({**value}, folder.path, {"begin": WHOLE, "end": WHOLE}) for value in decided
        ]
    return tuple(Leg(leg["begin"], leg["end"]) for leg in legs)


def _last_decided(folder: RunFolder, what: str) -> Any:
    """None if it was never decided."""
    return next((row["value"] for row in reversed(folder.decisions()) if row["what"] == what), None)


def settle(folder: RunFolder, run: RunSpec) -> None:
    """Marks the best of the checkpoints that are there, and removes those that are spare.

    After each checkpoint, and before a run goes on: a process may die between the two.
    """
    _mark_best(folder)
    folder.checkpoints.prune(run.checkpoints.keep)


def _mark_best(folder: RunFolder) -> None:
    """Marks, of the checkpoints that are there, that of the highest validation accuracy.

    Of equals the first. What is marked follows from rows and checkpoints alone, so a resumed run
    marks the same. Rows of the test set have no say in it.
    """
    kept = {step for step in folder.checkpoints.steps() if folder.checkpoints.can_be_marked(step)}
    rows = [row for row in folder.history() if row["step"] in kept and _is_validated(row)]
    if rows:
        folder.checkpoints.mark(
            "best", max(rows, key=lambda row: row["validation_accuracy"])["step"]
        )


def _is_validated(row: Mapping[str, Any]) -> bool:
    return row.get("validation_accuracy") is not None


def _meta(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "epoch": checkpoint.position.epoch,
        "step_in_epoch": checkpoint.position.step_in_epoch,
        "tally": asdict(checkpoint.position.tally),
        "train_seconds": checkpoint.train_seconds,
        "epoch_seconds": checkpoint.epoch_seconds,
        "spent_seconds": checkpoint.spent_seconds,
    }
