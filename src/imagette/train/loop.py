"""The training loop: a generator of events that prints, writes and plots nothing.

It knows engines by their protocol alone, takes its clock as an argument, and can begin at any
point of the grid: all it needs for that is a `Checkpoint` and the rows of history before it.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from imagette.arrays import Weights
from imagette.data.split import Split
from imagette.engines.protocol import Model, State, StepPlan, weights_of
from imagette.evaluate.losses import Loss
from imagette.evaluate.spec import EvaluationSpec
from imagette.evaluate.tally import Tally
from imagette.recipe.horizon import Leg
from imagette.train.decide import STEPS, decided, decisions, length_remarks
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
from imagette.train.finite import Good, refuse_broken, refuse_non_finite
from imagette.train.interval import decided_interval
from imagette.train.measure import Score, Work, score
from imagette.train.pace import Pace, TimeBudget, refuse_too_short
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
    checkpoint_epochs: int | None = 1  # from one to the next, and one at the end; None: measured
    budget: TimeBudget | None = None


@dataclass(frozen=True)
class Start:
    """Where a training begins: weights and optimiser, position, the rows and plans before it."""

    arrays: Weights
    position: Position = field(default_factory=Position)
    history: tuple[Row, ...] = ()
    train_seconds: float = 0.0
    epoch_seconds: float = 0.0  # those of them that went into the epoch under way
    plans: tuple[Leg, ...] = ()  # under a time budget; they are kept to until the last of them
    longest_plan: int | None = None  # in steps, as last decided
    evaluation_seconds: float = 0.0  # of the last epoch before it
    checkpoint_epochs: int | None = None  # as decided before, where they are measured


@dataclass(frozen=True)
class _Point:
    """How far a training has come."""

    state: State
    position: Position
    history: tuple[Row, ...]
    train_seconds: float
    epoch_seconds: float
    planner: Planner
    pace: Pace
    checkpoint_epochs: int | None  # None: at every epoch, until it is decided
    good: Good

    @property
    def is_over(self) -> bool:
        return self.position.step >= self.planner.horizon.num_steps


@dataclass(frozen=True)
class _End:
    reason: str
    complete: bool


def train(training: Training, start: Start) -> Events[None]:
    """Trains from `start` to the end of the recipe, yielding what happens.

    Answer any event with `send(Stop(reason))` to end at the next point of the grid. The figures of
    an epoch are weighted by image. Raises TrainingError at a loss that is not finite.
    """
    point = _Point(
        state=training.model.restore(start.arrays),
        position=start.position,
        history=start.history,
        train_seconds=start.train_seconds,
        epoch_seconds=start.epoch_seconds,
        planner=replace(training.planner, changes=start.plans, longest=start.longest_plan),
        pace=Pace(
            rests=(start.evaluation_seconds,) if start.history else (),
            ending=training.budget.ending if training.budget else 0.0,
        ),
        checkpoint_epochs=training.checkpoint_epochs or start.checkpoint_epochs,
        good=Good(start.arrays, start.position),
    )
    if start.history:
        end = None if point.position.step_in_epoch else _stagnated(training, point)
    else:
        point, end = yield from _before_training(training, point, start.arrays)
    while end is None and not point.is_over:
        point, end = yield from _epoch(training, point)
    end = end or _whole(training, point)
    yield Finished(
        weights=weights_of(training.model.save(point.state)),
        reason=end.reason,
        complete=end.complete,
        epochs=_whole_or_not(point.position.step, point.planner.steps_per_epoch),
        steps=point.position.step,
        train_seconds=point.train_seconds,
    )


def _whole_or_not(steps: int, steps_per_epoch: int) -> float:
    """Epochs that so many steps make: a whole number where it is one."""
    return steps / steps_per_epoch if steps % steps_per_epoch else steps // steps_per_epoch


def _whole(training: Training, point: _Point) -> _End:
    planner = point.planner
    if point.position.step >= planner.most_steps or training.budget is None:
        return _End("all epochs are done", complete=True)
    done = point.position.step / planner.steps_per_epoch
    minutes = training.budget.seconds / 60
    return _End(f"{done:.2f} epochs fitted into the {minutes:g} min of the budget", complete=True)


def _before_training(
    training: Training, point: _Point, arrays: Weights
) -> Events[tuple[_Point, _End | None]]:
    """What untrained weights score: chance, if all is well."""
    began = _now(training)
    row = _row(training, point, arrays, epoch=0)
    point = replace(point, history=(row.figures,))
    first = yield row
    second = yield _checkpoint(training, point, arrays)
    point = _rested(training, point, began)
    if training.budget and not point.is_over:
        planner, now = point.planner, training.clock()
        refuse_too_short(training.budget, point.pace, now, planner.steps_per_epoch)
    return point, _stopped(first or second, point)


def _epoch(training: Training, point: _Point) -> Events[tuple[_Point, _End | None]]:
    """The rest of an epoch: its steps, its row, its checkpoint; and why to end, if so."""
    point, stop = yield from _steps(training, point)
    began, position = _now(training), point.position
    arrays = training.model.save(point.state)
    refuse_broken(training.model, training.train, point.planner.graph, arrays, position)
    if position.step_in_epoch < point.planner.steps_per_epoch and not point.is_over:
        yield _checkpoint(training, point, arrays)
        return point, _stopped(stop, point)
    row = _row(training, point, arrays, position.epoch)
    following = Position(position.epoch + 1, 0, position.step)
    history, seconds = (*point.history, row.figures), point.epoch_seconds
    good = Good(arrays, following)
    point = replace(point, position=following, history=history, epoch_seconds=0.0, good=good)
    stop = (yield row) or stop
    remark = _new_plateau(training, point)
    if remark:
        stop = (yield remark) or stop
    end = _stagnated(training, point) or _stopped(stop, point)
    if end is not None or point.is_over or position.epoch % (point.checkpoint_epochs or 1) == 0:
        point, asked = yield from _kept(training, point, arrays, seconds)
        stop = asked or stop
    return _rested(training, point, began), end or _stopped(stop, point)


def _kept(
    training: Training, point: _Point, arrays: Weights, epoch_seconds: float
) -> Events[tuple[_Point, Stop | None]]:
    """A checkpoint; the first at the end of an epoch may decide how far apart the next ones lie."""
    if point.checkpoint_epochs is not None:
        stop = yield _checkpoint(training, point, arrays)
        return point, stop
    began = training.clock()
    stop = yield _checkpoint(training, point, arrays)
    decided = decided_interval(training.clock() - began, epoch_seconds)
    stop = (yield decided) or stop
    return replace(point, checkpoint_epochs=decided.value), stop


def _steps(training: Training, point: _Point) -> Events[tuple[_Point, Stop | None]]:
    """The chunks that are left of an epoch; ends early, on the grid, when told to stop."""
    stop, per_epoch = None, point.planner.steps_per_epoch
    while stop is None and not point.is_over and point.position.step_in_epoch < per_epoch:
        point, stop = yield from _planned_steps(training, point)
    return point, stop


def _planned_steps(training: Training, point: _Point) -> Events[tuple[_Point, Stop | None]]:
    """The same, until a time budget asks for other plans."""
    stop, lap, planner = None, _now(training), point.planner
    for plan in planner.epoch(point.position.epoch, point.position.step_in_epoch):
        within = plan.head(planner.horizon.num_steps - plan.first_step)
        point = _advanced(training, point, within)
        stop = yield _progress(point)
        if training.budget:
            now = training.clock()
            point, lap = _paced(point, within, now - lap), now
            point, told = yield from _decided(training.budget, point, now)
            stop = told or stop
        if stop or point.is_over or point.planner is not planner:
            break
    return point, stop


def _paced(point: _Point, plan: StepPlan, seconds: float) -> _Point:
    """Knowing what the steps of a plan took; on pictures of other sizes they count as they cost."""
    if plan.indices.shape[1] < point.planner.batch:  # a short last one says little
        return point
    work = plan.num_steps * point.planner.work(plan.input_size)
    return replace(point, pace=point.pace.stepped(seconds, work))


def _decided(budget: TimeBudget, point: _Point, now: float) -> Events[tuple[_Point, Stop | None]]:
    """What the clock asks for after a plan: told first, then done."""
    stop = None
    for decision in decisions(budget, point.pace, now, point.position, point.planner):
        stop = (yield decision) or stop
        is_first = decision.what == STEPS and not point.planner.changes
        point = replace(point, planner=decided(decision, point.planner))
        for text in length_remarks(point.planner) if is_first else ():
            stop = (yield Remark(text)) or stop
    return point, stop


def _progress(point: _Point) -> Progress:
    position, planner = point.position, point.planner
    return Progress(
        position=position,
        steps_per_epoch=planner.steps_per_epoch,
        epochs=planner.epochs,
        images=position.tally.images,
        seconds=point.epoch_seconds,
    )


def _advanced(training: Training, point: _Point, plan: StepPlan) -> _Point:
    """After the steps of a plan."""
    position, tally = point.position, point.position.tally
    began = training.clock()
    state, losses, correct = advanced(training.model, training.train, point.state, plan)
    seconds = training.clock() - began
    refuse_non_finite(
        losses,
        plan,
        position.epoch,
        training.model,
        point.planner,
        training.train,
        point.good,
    )
    for loss, right in zip(losses.tolist(), correct.tolist(), strict=True):
        tally = tally.merge(Tally.of_batch(plan.indices.shape[1], right, loss))
    step = plan.first_step + plan.num_steps
    done = step - (position.epoch - 1) * point.planner.steps_per_epoch
    return replace(
        point,
        state=state,
        position=Position(position.epoch, done, step, tally),
        train_seconds=point.train_seconds + seconds,
        epoch_seconds=point.epoch_seconds + seconds,
    )


def _now(training: Training) -> float:
    """The clock, where there is a time budget to keep."""
    return training.clock() if training.budget else 0.0


def _rested(training: Training, point: _Point, began: float) -> _Point:
    """After what is not a step: evaluation, checkpoint, and what the reader of events did."""
    return replace(point, pace=point.pace.rested(_now(training) - began))


def _checkpoint(training: Training, point: _Point, arrays: Weights) -> Checkpoint:
    return Checkpoint(
        position=point.position,
        arrays=dict(arrays),
        train_seconds=point.train_seconds,
        epoch_seconds=point.epoch_seconds,
        spent_seconds=training.budget.spent(training.clock()) if training.budget else 0.0,
    )


def _row(training: Training, point: _Point, arrays: Weights, epoch: int) -> EpochRow:
    """The figures of an epoch, and what it took; of epoch 0 before any step."""
    began = training.clock()
    weights, planner, position = weights_of(arrays), point.planner, point.position
    running = position.tally if epoch else None
    recomputed = training.evaluation.train == "recomputed"
    evaluated = {
        "train": training.train if recomputed else None,
        "validation": training.validation if len(training.validation) else None,
        "test": training.test,
    }
    seen = position.tally.images
    figures: dict[str, Any] = {
        "epoch": epoch,
        "step": position.step,
        "images": max(0, epoch - 1) * planner.num_images + seen,
        "rate": float(planner.rates(epoch)[position.step_in_epoch - 1, 0]) if epoch else None,
    }
    if epoch and position.step_in_epoch < planner.steps_per_epoch:
        figures["share"] = position.step_in_epoch / planner.steps_per_epoch
    if not recomputed:
        figures |= _running(running)
    for name, split in evaluated.items():
        if split is not None:
            figures |= _score(training, weights, split).named(name)
    work = Work(
        train_seconds=point.epoch_seconds,
        train_images=seen,
        evaluation_seconds=training.clock() - began,
        evaluation_images=sum(len(split) for split in evaluated.values() if split is not None),
    )
    return EpochRow(figures, work.timing(epoch, planner.graph.cost, planner.cost(epoch)))


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


def _stopped(stop: Stop | None, point: _Point) -> _End | None:
    """A stop asked for after the last step changes nothing: the training is complete."""
    if stop is None or point.is_over:
        return None
    return _End(stop.reason, complete=False)
