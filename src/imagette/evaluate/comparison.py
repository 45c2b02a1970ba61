"""Whether one variant beats another: paired differences with their 95 % interval, and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imagette.errors import UsageError
from imagette.evaluate.evaluation import Interval
from imagette.evaluate.student import t_quantile

Verdict = Literal["better", "worse", "no difference shown"]
Correct = NDArray[np.bool_]
"""[N]: whether each image was predicted right."""
Digests = NDArray[np.uint8]
"""[N,32]: the SHA-256 of each image's pixels."""

CONFIDENCE = 0.95
_NO_SCATTER = 1e-12  # differences of equal accuracies differ by rounding alone


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of n figures and their sample deviation (over n - 1), None of a single one."""

    mean: float
    deviation: float | None
    n: int

    def as_json(self) -> dict[str, Any]:
        return {"mean": self.mean, "deviation": self.deviation, "n": self.n}


@dataclass(frozen=True, slots=True)
class Difference:
    """A variant's accuracy less the other's, in -1 to 1, paired over n seeds or images.

    `interval` is None where the pairs do not scatter, so that nothing says how far to trust them.
    """

    mean: float
    interval: Interval | None
    n: int
    over: Literal["seeds", "images"]

    @property
    def verdict(self) -> Verdict:
        """What the interval allows to say: a difference is shown where it leaves out 0."""
        low, high = self.interval or (0.0, 0.0)
        if low > 0:
            return "better"
        return "worse" if high < 0 else "no difference shown"

    def as_json(self) -> dict[str, Any]:
        return {
            "mean": self.mean,
            "interval": list(self.interval) if self.interval else None,
            "n": self.n,
            "over": self.over,
            "verdict": self.verdict,
        }


def spread(figures: Sequence[float]) -> Spread:
    """Mean and sample deviation of at least one figure.

    >>> spread([0.70, 0.72])
    Spread(mean=0.71, deviation=0.01414..., n=2)
    """
    if not figures:
        raise UsageError("A mean needs at least one figure. Got none.")
    deviation = stdev(figures) if len(figures) > 1 else None
    return Spread(fmean(figures), deviation, len(figures))


def over_seeds(figures: Sequence[float], others: Sequence[float]) -> Difference:
    """The difference of two variants that were trained with the same seeds, in the same order.

    `mean ± t s/√n` of the n >= 2 differences seed by seed, s their sample deviation, t Student's
    quantile for n - 1 degrees of freedom.

    >>> over_seeds([0.72, 0.73, 0.71], [0.70, 0.70, 0.70]).verdict
    'no difference shown'
    >>> over_seeds([0.72, 0.73, 0.71, 0.72], [0.70, 0.70, 0.70, 0.70]).verdict
    'better'
    """
    if len(figures) != len(others) or len(figures) < 2:
        raise UsageError(
            "A difference over seeds needs two variants with the same seeds, at least 2. "
            f"Got {len(figures)} and {len(others)}."
        )
    found = spread([one - other for one, other in zip(figures, others, strict=True)])
    if not found.deviation or found.deviation < _NO_SCATTER:
        return Difference(found.mean, None, found.n, "seeds")
    half = t_quantile(found.n - 1, CONFIDENCE) * found.deviation / found.n**0.5
    return Difference(found.mean, (found.mean - half, found.mean + half), found.n, "seeds")


def over_images(correct: Correct, other: Correct) -> Difference:
    """The difference of two networks on the same n images, in the same order.

    With b images that only the first has right, c that only the other has, the mean is (b - c)/n.
    The interval is normal, `d ± z √(b + c - (b - c)²/n) / n`, after adding 1/2 to each of the four
    cells of right and wrong (so b and c grow by 1/2, n by 2): without that it is too narrow where
    few images tell the two apart. It holds for these weights, not for other seeds.
    Source: Agresti and Min 2005, https://doi.org/10.1002/sim.1781

    >>> right, wrong = np.array([True] * 90), np.array([False] * 10)
    >>> over_images(np.concatenate([right, wrong]), np.ones(100, bool)).verdict
    'worse'
    """
    if correct.shape != other.shape or not correct.size:
        raise UsageError(
            "A difference over images needs the same images of both, at least 1. "
            f"Got {list(correct.shape)} and {list(other.shape)}."
        )
    n = correct.size
    only_first = int((correct & ~other).sum())
    only_other = int((other & ~correct).sum())
    balance, apart, wide = only_first - only_other, only_first + only_other + 1, n + 2
    centre = balance / wide
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    half = z * (apart - balance**2 / wide) ** 0.5 / wide
    interval = max(-1.0, centre - half), min(1.0, centre + half)
    return Difference(balance / n, interval, n, "images")


def same_images(first: Digests, second: Digests) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each image that both hold lies in the first and in the second.

    Equal sets are paired in their order; otherwise by digest, and of equal pictures the first.
    """
    if np.array_equal(first, second):
        every = np.arange(len(first))
        return every, every
    _, in_first, in_second = np.intersect1d(_keys(first), _keys(second), return_indices=True)
    return in_first, in_second


def _keys(digests: Digests) -> NDArray[np.void]:
    """One value an image, which can be sorted."""
    rows = np.ascontiguousarray(digests)
    return rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
