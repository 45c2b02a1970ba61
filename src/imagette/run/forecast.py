"""What a training would cost and reach in time: a few seconds of it measured, nothing kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from imagette.data.dataset import look_at_test
from imagette.engines.protocol import weights_of
from imagette.experiment import Experiment
from imagette.network import cost_table
from imagette.recipe.budget import Limit, limits
from imagette.recipe.horizon import Leg
from imagette.run.begin import weights_to_begin
from imagette.run.checks import check_together
from imagette.run.choice import decided
from imagette.run.prepare import Prepared, prepare
from imagette.run.training import LAST_SECONDS, evaluation_image_seconds, to_judge, training_of
from imagette.train.decide import length_remarks
from imagette.train.events import Decision
from imagette.train.feed import advanced
from imagette.train.loop import Start, Training
from imagette.train.measure import score
from imagette.train.pace import AIM, Pace, TimeBudget, refuse_too_short
from imagette.train.plan import Planner
from imagette.train.warm_up import warm_up


@dataclass(frozen=True)
class Forecast:
    """What was measured, and what follows from it. Seconds are of wall clock."""

    experiment: str
    device: str
    decisions: tuple[Decision, ...]  # of precision and threads, where they are "auto"
    batch: int
    images: int  # of an epoch
    setup_seconds: float  # data, network, engine, compilation
    warm_up_seconds: float  # of them, the first steps and what they compile
    step_seconds: float
    epoch_seconds: float  # of training alone
    evaluation_seconds: float  # after each epoch
    minutes: float | None  # of the budget
    epochs: float  # that fit, or that the recipe asks for
    steps: int
    total_seconds: float  # from the command's start to its end
    operations: int  # forward and backward, of all steps
    remarks: tuple[str, ...]  # on what is likely a mistake
    limits: tuple[Limit, ...] = field(repr=False)

    @property
    def images_per_second(self) -> float:
        return self.images / self.epoch_seconds

    def as_json(self) -> dict[str, Any]:
        kept = [{"limit": one.key, "most": one.most, "has": one.has} for one in self.limits]
        values = {key: value for key, value in asdict(self).items() if key != "limits"}
        return {**values, "images_per_second": self.images_per_second, "limits": kept}


def forecast(
    experiment: Experiment,
    *,
    seconds: float = 5.0,
    data_dir: Path | None = None,
    base: Path | None = None,
    began: float | None = None,
) -> Forecast:
    """Trains for some `seconds`, evaluates once, and reckons what the whole would take.

    Under `budget.minutes` it says how many epochs fit; else what the recipe's epochs need. Set-up
    begins at `began`, on the clock of `perf_counter`: now, if it is absent. Test images that a
    training would measure are counted, not read. Raises UsageError for a budget that the network
    breaks, or that no step fits into.

    >>> from imagette import load
    >>> forecast(load("first_light", ["data.limit=500"]), seconds=0.1).steps
    40
    """
    began = perf_counter() if began is None else began
    prepared = prepare(experiment, data_dir, base)
    remarks = check_together(prepared)
    prepared = decided(prepared)
    start = Start(weights_to_begin(prepared, None))
    training = training_of(prepared)
    ready = perf_counter()
    warm_up(training, start)
    setup_seconds, warm_up_seconds = perf_counter() - began, perf_counter() - ready
    planner, evaluated = prepared.planner, _evaluated(prepared, data_dir, base)
    pace = _whole_pace(training, start, seconds, evaluated)
    per_epoch = planner.steps_per_epoch
    steps = _steps(experiment, pace, setup_seconds, per_epoch, planner.most_steps)
    planned = replace(planner, changes=(Leg(0, steps),))
    return Forecast(
        experiment=experiment.run.title,
        device=prepared.model.device,
        decisions=prepared.decisions,
        batch=planner.batch,
        images=planner.num_images,
        setup_seconds=setup_seconds,
        warm_up_seconds=warm_up_seconds,
        step_seconds=pace.step_seconds,
        epoch_seconds=pace.step_seconds * per_epoch,
        evaluation_seconds=pace.rest_seconds,
        minutes=experiment.budget.minutes,
        epochs=steps / per_epoch,
        steps=steps,
        total_seconds=setup_seconds + pace.rest_seconds + pace.needed(steps, 0, per_epoch),
        operations=_operations(planned),
        remarks=tuple(dict.fromkeys([*remarks, *length_remarks(planned)])),
        limits=limits(experiment.budget, cost_table(prepared.graph)),
    )


def _evaluated(prepared: Prepared, data_dir: Path | None, base: Path | None) -> dict[str, int]:
    """How many images of each split are measured at every epoch."""
    experiment, dataset = prepared.experiment, prepared.dataset
    found = {"validation": len(dataset.validation)}
    if experiment.evaluation.train == "recomputed":
        found["train"] = len(dataset.train)
    if experiment.evaluation.test == "each-epoch":
        found["test"] = len(look_at_test(experiment.data, data_dir, base))
    return found


def _whole_pace(
    training: Training, start: Start, seconds: float, evaluated: Mapping[str, int]
) -> Pace:
    """What was measured, with the splits that were not and the end of the run; all sizes mixed."""
    measured = _measured(training, start, seconds)
    image_seconds = evaluation_image_seconds(training, start.arrays)
    others = sum(evaluated.values()) - evaluated["validation"]
    sizes = {**evaluated, "train": len(training.train)}
    views = sum(
        training.evaluation.num_views_of(name) * sizes[name] for name in to_judge(evaluated)
    )
    ending = LAST_SECONDS + views * image_seconds
    rests = (measured.rest_seconds + others * image_seconds,)
    return replace(measured.at(training.planner.work_ahead(0)), rests=rests, ending=ending)


def _measured(training: Training, start: Start, seconds: float) -> Pace:
    """Steps for so long, at least one chunk, on a state that is thrown away; then an evaluation."""
    model, pace = training.model, Pace()
    state = model.restore(start.arrays)
    lap = perf_counter()
    end = lap + seconds
    for plan in training.planner.epoch(1):
        state, _, _ = advanced(model, training.train, state, plan)
        now = perf_counter()
        work = plan.num_steps * training.planner.work(plan.input_size)
        pace, lap = pace.stepped(now - lap, work), now
        if now > end:
            break
    if len(training.validation):
        batch = training.evaluation.batch
        score(model, weights_of(start.arrays), training.validation, training.loss, batch)
    return pace.rested(perf_counter() - lap)


def _steps(
    experiment: Experiment, pace: Pace, setup_seconds: float, per_epoch: int, most: int
) -> int:
    seconds, spent = experiment.budget.seconds, setup_seconds + pace.rest_seconds
    if seconds is None:
        return most
    refuse_too_short(TimeBudget(seconds, 0.0, spent), pace, 0.0, per_epoch)
    return min(most, max(1, pace.fitting(AIM * seconds - spent, 0, per_epoch)))


def _operations(planner: Planner) -> int:
    """Forward and backward, of all images, those of each epoch at their size."""
    total = 0
    for size, steps in planner.steps_at_sizes().items():
        graph = planner.graph_at(size)
        images = steps * planner.num_images // planner.steps_per_epoch
        total += (graph.cost.total + graph.backward.total) * images
    return total
