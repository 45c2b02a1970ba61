"""Averages of the weights beside those that the optimiser moves: what is evaluated and exported.

A rule gives, for every step, the share of the moving weights that goes into the averages after it:
averages <- averages + share * (moving - averages); at 0 the averages stay. Running statistics are
averaged too. Shares are computed on the host; an engine receives them in its step plans.
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PositiveInt

from imagette.spec import Spec, named, none_as_word

Numbers = NDArray[np.float64]
Steps = NDArray[np.integer]


class EMA(Spec):
    """An exponential moving average: of what it holds, `decay` a step is kept.

    With `every`, it moves at each so-many-th step alone, and then by as many steps' decay: decay to
    the power of `every`. With `warmup`, the n-th move (from 0) keeps (1 + n) / (10 + n) at most, so
    that the first weights are soon forgotten. Source: Polyak and Juditsky, 1992; the rise is that
    of TensorFlow, https://www.tensorflow.org/api_docs/python/tf/train/ExponentialMovingAverage.

    >>> EMA(decay=0.5, every=2, warmup=False).shares(np.arange(4), np.zeros(4)).tolist()
    [0.0, 0.75, 0.0, 0.75]
    """

    syncs: ClassVar[bool] = False
    name: Literal["ema"] = "ema"
    decay: float = Field(0.999, ge=0, lt=1)
    every: PositiveInt = 1
    warmup: bool = True

    def shares(self, steps: Steps, _progress: Numbers) -> Numbers:
        kept = np.full(len(steps), self.decay**self.every)
        if self.warmup:
            moves = (steps + 1) // self.every - 1
            kept = np.minimum(kept, (1 + moves) / (10 + moves))
        return np.where((steps + 1) % self.every == 0, 1 - kept, 0.0)


class Lookahead(Spec):
    """Slow weights: at every `every`-th step they go `share` of the way, and the others follow.

    What the optimiser moves then starts again from the slow weights; its slots stay. With `ramp`,
    the share falls from 1 to `share` as 1 - (1 - share) * progress^ramp, where progress is how much
    of the schedule is behind. Source: Zhang et al., arXiv 1907.08610; the ramp (share 1 - 0.95^5,
    ramp 3) is that of arXiv 2404.00498.

    >>> Lookahead(every=2, share=0.25).shares(np.arange(4), np.zeros(4)).tolist()
    [0.0, 0.25, 0.0, 0.25]
    """

    syncs: ClassVar[bool] = True
    name: Literal["lookahead"] = "lookahead"
    every: PositiveInt = 5
    share: float = Field(0.5, gt=0, le=1)
    ramp: float = Field(0.0, ge=0)

    def shares(self, steps: Steps, progress: Numbers) -> Numbers:
        share = 1 - (1 - self.share) * progress**self.ramp
        return np.where((steps + 1) % self.every == 0, share, 0.0)


Averaging = Annotated[
    Annotated[EMA | Lookahead, Field(discriminator="name")] | None,
    BeforeValidator(none_as_word),
    BeforeValidator(named),
]


def average_shares(averaging: Averaging, steps: Steps, progress: Numbers) -> NDArray[np.float32]:
    """The share that each of these steps takes into the averages, float32; 0 without a rule.

    `progress` is the share of the schedule that is behind each step.
    """
    if averaging is None:
        return np.zeros(len(steps), np.float32)
    return averaging.shares(steps, progress).astype(np.float32)
