"""What a training would cost and reach in time: a few seconds of it measured, nothing kept."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from imagette.engines.protocol import weights_of
from imagette.errors import UsageError
from imagette.experiment import Experiment
from imagette.network import cost_table
from imagette.recipe.budget import Limit, limits
from imagette.run.begin import weights_to_begin
from imagette.run.checks import check_together
from imagette.run.choice import decided
from imagette.run.prepare import prepare
from imagette.run.training import ending_seconds, training_of
from imagette.train.events import Decision
from imagette.train.feed import advanced
from imagette.train.loop import Start, Training
from imagette.train.measure import score
from imagette.train.pace import AIM, Pace
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
) -> Forecast:
    """Trains for some `seconds`, evaluates once, and reckons what the whole would take.

    Under `budget.minutes` it says how many epochs fit; else what the recipe's epochs need. Raises
    UsageError for a budget that the network breaks, or that no step fits into.

    >>> from imagette import load
    >>> forecast(load("first_light", ["data.limit=500"]), seconds=0.1).steps
    40
    """
    began = perf_counter()
    prepared = prepare(experiment, data_dir, base)
    check_together(prepared)
    prepared = decided(prepared)
    start = Start(weights_to_begin(prepared, None))
    training = training_of(prepared)
    ready = perf_counter()
    warm_up(training, start)
    setup_seconds, warm_up_seconds = perf_counter() - began, perf_counter() - ready
    ending = ending_seconds(training, start.arrays, experiment.evaluation.views)
    pace = replace(_measured(training, start, seconds), ending=ending)
    planner, graph = prepared.planner, prepared.graph
    per_epoch = planner.steps_per_epoch
    steps = _steps(experiment, pace, setup_seconds, per_epoch, planner.most_steps)
    trained_images = steps * len(prepared.dataset.train) // per_epoch
    return Forecast(
        experiment=experiment.run.title,
        device=prepared.model.device,
        decisions=prepared.decisions,
        batch=planner.batch,
        images=len(prepared.dataset.train),
        setup_seconds=setup_seconds,
        warm_up_seconds=warm_up_seconds,
        step_seconds=pace.step_seconds,
        epoch_seconds=pace.step_seconds * per_epoch,
        evaluation_seconds=pace.rest_seconds,
        minutes=experiment.budget.minutes,
        epochs=steps / per_epoch,
        steps=steps,
        total_seconds=setup_seconds + pace.rest_seconds + pace.needed(steps, 0, per_epoch),
        operations=(graph.cost.total + graph.backward.total) * trained_images,
        limits=limits(experiment.budget, cost_table(graph)),
    )


def _measured(training: Training, start: Start, seconds: float) -> Pace:
    """Steps for so long, at least one chunk, on a state that is thrown away; then an evaluation."""
    model, pace = training.model, Pace()
    state = model.restore(start.arrays)
    lap = perf_counter()
    end = lap + seconds
    for plan in training.planner.epoch(1):
        state, _, _ = advanced(model, training.train, state, plan)
        now = perf_counter()
        pace, lap = pace.stepped(now - lap, plan.num_steps), now
        if now > end:
            break
    if len(training.validation):
        batch = training.evaluation.batch
        score(model, weights_of(start.arrays), training.validation, training.loss, batch)
    return pace.rested(perf_counter() - lap)


def _steps(
    experiment: Experiment, pace: Pace, setup_seconds: float, per_epoch: int, most: int
) -> int:
    budget = experiment.budget.seconds
    if budget is None:
        return most
    fitting = pace.fitting(AIM * budget - setup_seconds - pace.rest_seconds, 0, per_epoch)
    if not fitting:
        raise UsageError(
            f"budget.minutes = {experiment.budget.minutes:.3g} is {budget:.1f} s: set-up takes "
            f"{setup_seconds:.1f}, an evaluation {pace.rest_seconds:.1f} and a step "
            f"{pace.step_seconds:.2g}, so no training fits. Give more, or a smaller network."
        )
    return min(most, fitting)
