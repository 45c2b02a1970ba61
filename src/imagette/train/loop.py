"""The training loop: a generator of events that prints, writes and plots nothing.

It knows engines by their protocol alone, takes its clock as an argument, and can begin at any
point of the grid: all it needs for that is a `Checkpoint` and the rows of history before it.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.data.split import Split
from imagette.engines.protocol import Model, State, weights_of
from imagette.errors import TrainingError
from imagette.evaluate.losses import Loss
from imagette.evaluate.spec import EvaluationSpec
from imagette.evaluate.tally import Tally
from imagette.train.events import (
    Checkpoint,
    EpochRow,
    Event,
    Finished,
    Position,
    Progress,
    Remark,
    Stop,
)
from imagette.train.feed import advanced
from imagette.train.measure import Score, Work, score
from imagette.train.plan import Planner
from imagette.train.stopping import stagnant_since

Row = Mapping[str, Any]
Clock = Callable[[], float]
T = TypeVar("T")
Events = Generator[Event, Stop | None, T]


@dataclass(frozen=True)
class Training:
    """All that one training needs. `test` is there only where the course's mode is chosen."""

    model: Model
    planner: Planner
    train: Split
    validation: Split
    test: Split | None
    evaluation: EvaluationSpec
    loss: Loss  # in NumPy, from logits and labels: what the rows report
    clock: Clock
    checkpoint_epochs: int = 1  # a checkpoint every so many epochs, and always at the end

    @property
    def epochs(self) -> int:
        return self.planner.recipe.epochs


@dataclass(frozen=True)
class Start:
    """Where a training begins: weights and optimiser, position, and the rows before it."""

    arrays: Weights
    position: Position = field(default_factory=Position)
    history: tuple[Row, ...] = ()
    train_seconds: float = 0.0
    epoch_seconds: float = 0.0  # those of them that went into the epoch under way


@dataclass(frozen=True)
class _Point:
    """How far a training has come."""

    state: State
    position: Position
    history: tuple[Row, ...]
    train_seconds: float
    epoch_seconds: float


@dataclass(frozen=True)
class _End:
    reason: str
    complete: bool


def train(training: Training, start: Start) -> Events[None]:
    """Trains from `start` to the end of the recipe, yielding what happens.

    Answer any event with `send(Stop(reason))` to end at the next point of the grid. The figures of
    an epoch are weighted by image. Raises TrainingError at a loss that is not finite.
    """
    state = training.model.restore(start.arrays)
    point = _Point(state, start.position, start.history, start.train_seconds, start.epoch_seconds)
    if start.history:
        end = None if point.position.step_in_epoch else _stagnated(training, point)
    else:
        point, end = yield from _before_training(training, point, start.arrays)
    while end is None and point.position.epoch <= training.epochs:
        point, end = yield from _epoch(training, point)
    end = end or _End("all epochs are done", complete=True)
    yield Finished(
        weights=weights_of(training.model.save(point.state)),
        reason=end.reason,
        complete=end.complete,
        epochs=point.position.epoch - 1,
        steps=point.position.step,
        train_seconds=point.train_seconds,
    )


def warm_up(training: Training, start: Start) -> None:
    """Takes the first step once on a state that is thrown away, so that no timing holds it."""
    plans = training.planner.epoch(start.position.epoch, start.position.step_in_epoch)
    plan = next(plans, None) if start.position.epoch <= training.epochs else None
    if plan is not None:
        advanced(training.model, training.train, training.model.restore(start.arrays), plan.head(1))


def _before_training(
    training: Training, point: _Point, arrays: Weights
) -> Events[tuple[_Point, _End | None]]:
    """What untrained weights score: chance, if all is well."""
    row = _row(training, arrays, epoch=0, step=0, running=None, seconds=0.0, images=0)
    point = replace(point, history=(row.figures,))
    first = yield row
    second = yield Checkpoint(point.position, dict(arrays))
    return point, _stopped(first or second, training, point)


def _epoch(training: Training, point: _Point) -> Events[tuple[_Point, _End | None]]:
    """The rest of an epoch: its steps, its row, its checkpoint; and why to end, if so."""
    point, stop = yield from _steps(training, point)
    position = point.position
    arrays = training.model.save(point.state)
    _refuse_broken(training, arrays, position)
    if position.step_in_epoch < training.planner.steps_per_epoch:
        yield Checkpoint(position, arrays, point.train_seconds, point.epoch_seconds)
        return point, _stopped(stop, training, point)
    row = _row(
        training,
        arrays,
        epoch=position.epoch,
        step=position.step,
        running=position.tally,
        seconds=point.epoch_seconds,
        images=position.tally.images,
    )
    following = Position(position.epoch + 1, 0, position.step)
    history = (*point.history, row.figures)
    point = replace(point, position=following, history=history, epoch_seconds=0.0)
    stop = (yield row) or stop
    remark = _new_plateau(training, point)
    if remark:
        stop = (yield remark) or stop
    end = _stagnated(training, point) or _stopped(stop, training, point)
    last = end is not None or position.epoch == training.epochs
    if last or position.epoch % training.checkpoint_epochs == 0:
        stop = (yield Checkpoint(following, arrays, point.train_seconds)) or stop
    return point, end or _stopped(stop, training, point)


def _steps(training: Training, point: _Point) -> Events[tuple[_Point, Stop | None]]:
    """The chunks that are left of an epoch; ends early, on the grid, when told to stop."""
    planner, position, stop = training.planner, point.position, None
    tally = position.tally
    for plan in planner.epoch(position.epoch, position.step_in_epoch):
        began = training.clock()
        state, losses, correct = advanced(training.model, training.train, point.state, plan)
        seconds = training.clock() - began
        _refuse_non_finite(losses, plan.first_step, position.epoch)
        for loss, right in zip(losses.tolist(), correct.tolist(), strict=True):
            tally = tally.merge(Tally.of_batch(plan.indices.shape[1], right, loss))
        step = plan.first_step + plan.num_steps
        done = step - (position.epoch - 1) * planner.steps_per_epoch
        reached = Position(position.epoch, done, step, tally)
        point = replace(
            point,
            state=state,
            position=reached,
            train_seconds=point.train_seconds + seconds,
            epoch_seconds=point.epoch_seconds + seconds,
        )
        stop = yield Progress(
            reached, planner.steps_per_epoch, training.epochs, tally.images, point.epoch_seconds
        )
        if stop:
            break
    return point, stop


def _row(
    training: Training,
    arrays: Weights,
    *,
    epoch: int,
    step: int,
    running: Tally | None,
    seconds: float,
    images: int,
) -> EpochRow:
    """The figures of an epoch, and what it took. `running` are the sums of its training steps."""
    began = training.clock()
    weights, planner = weights_of(arrays), training.planner
    recomputed = training.evaluation.train == "recomputed"
    evaluated = {
        "train": training.train if recomputed else None,
        "validation": training.validation if len(training.validation) else None,
        "test": training.test,
    }
    figures: dict[str, Any] = {
        "epoch": epoch,
        "step": step,
        "images": epoch * planner.num_images,
        "rate": float(planner.rates(epoch)[-1]) if epoch else None,
    }
    if not recomputed:
        figures |= _running(running)
    for name, split in evaluated.items():
        if split is not None:
            figures |= _score(training, weights, split).named(name)
    work = Work(
        train_seconds=seconds,
        train_images=images,
        evaluation_seconds=training.clock() - began,
        evaluation_images=sum(len(split) for split in evaluated.values() if split is not None),
    )
    return EpochRow(figures, work.timing(epoch, planner.graph.cost))


def _running(tally: Tally | None) -> Mapping[str, float | None]:
    if tally is None:
        return {"train_loss": None, "train_accuracy": None}
    return Score(tally.loss, tally.accuracy).named("train")


def _score(training: Training, weights: Weights, split: Split) -> Score:
    return score(training.model, weights, split, training.loss, training.evaluation.batch)


def _stagnated(training: Training, point: _Point) -> _End | None:
    """Why to end, once the chosen figure no longer improves and the recipe says stop."""
    stopping = training.planner.recipe.stopping
    since = stagnant_since(stopping, point.history)
    if stopping is None or since is None or stopping.action == "report":
        return None
    reason = f"{stopping.figure} has not improved since epoch {since}"
    return _End(f"{reason} (patience {stopping.patience})", complete=True)


def _new_plateau(training: Training, point: _Point) -> Remark | None:
    """Said once, where the recipe wants a plateau reported."""
    stopping = training.planner.recipe.stopping
    since = stagnant_since(stopping, point.history)
    known = stagnant_since(stopping, point.history[:-1])
    if stopping is None or since is None or known is not None or stopping.action == "stop":
        return None
    return Remark(f"{stopping.figure} has not improved since epoch {since}")


def _stopped(stop: Stop | None, training: Training, point: _Point) -> _End | None:
    """A stop asked for after the last epoch changes nothing: the training is complete."""
    if stop is None or point.position.epoch > training.epochs:
        return None
    return _End(stop.reason, complete=False)


def _refuse_non_finite(losses: NDArray[np.float32], first_step: int, epoch: int) -> None:
    broken = np.flatnonzero(~np.isfinite(losses))
    if len(broken):
        raise TrainingError(
            f"The loss became {losses[broken[0]]} at step {first_step + int(broken[0])} "
            f"(epoch {epoch}). Lower recipe.optimiser.rate; the last good checkpoint is kept."
        )


def _refuse_broken(training: Training, arrays: Weights, position: Position) -> None:
    """A last step may break the weights after its loss was computed: they must not be kept."""
    probe = training.train[:64].images
    with np.errstate(all="ignore"):
        logits = training.model.predict(weights_of(arrays), probe, len(probe))
    if not np.isfinite(logits).all():
        raise TrainingError(
            f"The network's outputs are no longer finite after step {position.step - 1} "
            f"(epoch {position.epoch}). Lower recipe.optimiser.rate; the last good checkpoint "
            "is kept."
        )
