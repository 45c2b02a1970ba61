"""The learning rate, step by step: a schedule gives factors that multiply the optimiser's rate.

Factors are computed once, for the whole training, on the host; an engine receives them as arrays
in its step plans. Step i counts from 0, and its factor is used for the update that step i makes.
"""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from imagette.recipe.horizon import Horizon
from imagette.recipe.shares import check_shares
from imagette.spec import Spec, named

Factors = NDArray[np.float64]


class Constant(Spec):
    """The factor 1, always."""

    name: Literal["constant"] = "constant"
    warmup: float = Field(0.0, ge=0, description="epochs of linear rise from 0")

    def shape(self, progress: Factors) -> Factors:
        return np.ones_like(progress)


class Steps(Spec):
    """Plateaus: `factors[j]` during the share `shares[j]` of the steps.

    The default is the course's: 1, 0.1, 0.01 for 50, 25 and 25 % (001-34).
    """

    name: Literal["steps"] = "steps"
    factors: tuple[Annotated[float, Field(ge=0)], ...] = (1.0, 0.1, 0.01)
    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (0.5, 0.25, 0.25)
    warmup: float = Field(0.0, ge=0, description="epochs of linear rise from 0")

    @model_validator(mode="after")
    def _shares_make_a_whole(self) -> "Steps":
        check_shares(self.shares, self.factors, "factor")
        return self

    def shape(self, progress: Factors) -> Factors:
        # A hair of tolerance: 0.5 + 0.25 + 0.25 of the steps must not fall one step short.
        ends = np.cumsum(self.shares)[:-1] - 1e-9
        return np.asarray(self.factors)[np.searchsorted(ends, progress, side="right")]


class Cosine(Spec):
    """Half a cosine from 1 down to `final`. Source: Loshchilov and Hutter, arXiv 1608.03983."""

    name: Literal["cosine"] = "cosine"
    final: float = Field(0.0, ge=0)
    warmup: float = Field(0.0, ge=0, description="epochs of linear rise from 0")

    def shape(self, progress: Factors) -> Factors:
        return self.final + (1 - self.final) * 0.5 * (1 + np.cos(np.pi * progress))


class OneCycle(Spec):
    """A straight rise from `start` to 1 during the share `peak`, then straight down to `final`.

    Source: Smith and Topin, arXiv 1708.07120.
    """

    name: Literal["one_cycle"] = "one_cycle"
    start: float = Field(0.04, ge=0)
    peak: float = Field(0.3, gt=0, lt=1)
    final: float = Field(0.0, ge=0)
    warmup: Literal[0] = 0

    def shape(self, progress: Factors) -> Factors:
        return np.interp(progress, [0.0, self.peak, 1.0], [self.start, 1.0, self.final])


Schedule = Annotated[
    Constant | Steps | Cosine | OneCycle, Field(discriminator="name"), BeforeValidator(named)
]


def rising_steps(schedule: Schedule, num_steps: int, steps_per_epoch: int) -> int:
    """How many of a training's steps are its warm-up."""
    return min(num_steps, round(schedule.warmup * steps_per_epoch))


def rate_factors(
    schedule: Schedule, steps: NDArray[np.integer], horizon: Horizon
) -> NDArray[np.float32]:
    """The factor of each of these steps, float32.

    In the warm-up, before the horizon's first leg, it rises by equal steps towards the schedule's
    first value; the schedule itself runs over what remains.

    >>> rate_factors(Steps(), np.arange(4), Horizon.of(4)).tolist()
    [1.0, 1.0, 0.10000000149011612, 0.009999999776482582]
    """
    rise = ((steps + 1) / (horizon.legs[0].begin + 1)).clip(max=1)
    return (rise * schedule.shape(horizon.progress(steps))).astype(np.float32)
