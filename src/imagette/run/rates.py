"""The learning-rate range test: the loss of single steps while the rate rises, and nothing kept.

Source: Smith, 2015, "Cyclical learning rates for training neural networks", arXiv 1506.01186,
section 3.3.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from imagette.engines.protocol import StepPlan
from imagette.errors import UsageError
from imagette.experiment import Experiment
from imagette.recipe.schedules import Constant
from imagette.run.begin import weights_to_begin
from imagette.run.checks import check_together
from imagette.run.prepare import prepare
from imagette.run.training import training_of
from imagette.train.feed import advanced
from imagette.train.plan import Planner

SMOOTHING = 0.9  # of the running mean of losses, corrected for its beginning
BROKEN = 4.0  # a smoothed loss so many times the lowest ends the test
FEWEST_STEPS = 20
FALL = 0.03  # of the first smoothed loss: less is noise


@dataclass(frozen=True)
class RangeTest:
    """The loss at each rate, raw and smoothed; where it falls fastest, and where it is lowest."""

    experiment: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    fastest: float  # the rate at which the smoothed loss falls fastest against log(rate)
    lowest: float  # the rate of the lowest smoothed loss: a tenth of it is a common choice
    fell: bool  # whether the smoothed loss fell at all, so that the two rates mean something
    broke: bool  # whether the loss rose beyond all measure before the last rate

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def range_test(
    experiment: Experiment,
    *,
    low: float = 1e-5,
    high: float = 1.0,
    steps: int = 1000,
    data_dir: Path | None = None,
    base: Path | None = None,
) -> RangeTest:
    """Takes `steps` steps of the recipe while the rate rises from `low` to `high` by equal factors.

    Groups keep their proportions to the first one's rate. Raises UsageError for bounds that are
    no range, or too few steps.
    """
    if not 0 < low < high:
        raise UsageError(f"--low must be above 0 and below --high. Got {low:g} and {high:g}.")
    if steps < FEWEST_STEPS:
        raise UsageError(f"--steps must be at least {FEWEST_STEPS}. Got {steps}.")
    recipe = experiment.recipe.model_copy(update={"schedule": Constant()})
    if recipe.optimiser.rate == 0:
        raise UsageError("recipe.optimiser.rate is 0, of which no rate is a multiple: set it.")
    prepared = prepare(experiment.model_copy(update={"recipe": recipe}), data_dir, base)
    check_together(prepared)
    training = training_of(prepared)
    state = training.model.start(weights_to_begin(prepared, None))
    rates, losses = np.geomspace(low, high, steps), np.zeros(0)
    for plan in _rising(prepared.planner, rates / recipe.optimiser.rate):
        state, found, _ = advanced(training.model, training.train, state, plan)
        losses = np.concatenate([losses, found])
        if _broken(losses):
            break
    return _judged(experiment.run.title, rates, losses)


def _rising(planner: Planner, factors: np.ndarray[Any, np.dtype[np.float64]]) -> Iterator[StepPlan]:
    """The plans of as many steps as there are factors, with the rates multiplied by them."""
    done, epoch = 0, 0
    while done < len(factors):
        epoch += 1
        for plan in planner.epoch(epoch):
            part = plan.head(len(factors) - done)
            rise = factors[done : done + part.num_steps, None]
            yield replace(part, rates=(part.rates * rise).astype(np.float32))
            done += part.num_steps
            if done == len(factors):
                return


def _smoothed(losses: np.ndarray[Any, np.dtype[Any]]) -> list[float]:
    mean, found = 0.0, []
    for step, loss in enumerate(losses.tolist(), 1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        found.append(mean / (1 - SMOOTHING**step))
    return found


def _broken(losses: np.ndarray[Any, np.dtype[Any]]) -> bool:
    """Whether the loss is no number any more, or far above its lowest."""
    if not np.isfinite(losses).all():
        return True
    smoothed = _smoothed(losses)
    return smoothed[-1] > BROKEN * min(smoothed)


def _judged(
    title: str,
    rates: np.ndarray[Any, np.dtype[np.float64]],
    losses: np.ndarray[Any, np.dtype[Any]],
) -> RangeTest:
    finite = np.isfinite(losses)
    kept = len(losses) if finite.all() else int(finite.argmin())
    smoothed = np.array(_smoothed(losses[:kept]))
    if kept < FEWEST_STEPS // 2:
        raise UsageError(
            f"the loss broke away after {kept} steps, before a rate of "
            f"{rates[min(kept, len(rates) - 1)]:.3g}: take a lower --low."
        )
    slopes = np.gradient(smoothed, np.log(rates[:kept]))
    lowest = int(smoothed.argmin())
    # Beyond the lowest nothing falls for good, and the first steps' mean is of few losses.
    first = min(FEWEST_STEPS // 4, lowest)
    fastest = first + int(slopes[first : lowest + 1].argmin())
    return RangeTest(
        experiment=title,
        rates=tuple(rates[:kept].tolist()),
        losses=tuple(losses[:kept].tolist()),
        smoothed=tuple(smoothed.tolist()),
        fastest=float(rates[fastest]),
        lowest=float(rates[lowest]),
        fell=bool(smoothed[lowest] < (1 - FALL) * smoothed[first]),
        broke=kept < len(rates) or _broken(losses),
    )
