"""Whether one variant beats another: paired differences, their 95 % interval and their p-value.

Two kinds of chance are told apart. Over seeds: would the recipe do it again, on these images? Over
images: would these very trainings do it again, on others? Neither answers the other's question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import fmean, stdev
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imagette.errors import UsageError
from imagette.evaluate.bootstrap import CONFIDENCE, ByImage, bootstrap_intervals
from imagette.evaluate.evaluation import Interval
from imagette.evaluate.holm import holm
from imagette.evaluate.mcnemar import mcnemar
from imagette.evaluate.proportions import newcombe, two_proportions
from imagette.evaluate.student import share_within, t_quantile

Verdict = Literal["better", "worse", "no difference shown"]
Over = Literal["seeds", "images", "other images"]
Correct = NDArray[np.bool_]
"""[N]: whether each image was predicted right."""
Digests = NDArray[np.uint8]
"""[N,32]: the SHA-256 of each image's pixels."""

_NO_SCATTER = 1e-12  # differences of equal accuracies differ by rounding alone


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of n figures and their sample deviation (over n - 1), None of a single one."""

    mean: float
    deviation: float | None
    n: int

    @property
    def interval(self) -> Interval | None:
        """Of the mean, 95 %: `mean ± t s/√n`, t Student's quantile; None of a single figure.

        >>> [round(bound, 4) for bound in spread([0.93, 0.94, 0.95]).interval]
        [0.9152, 0.9648]
        """
        if self.deviation is None:
            return None
        half = t_quantile(self.n - 1, CONFIDENCE) * (self.deviation / sqrt(self.n))
        return self.mean - half, self.mean + half

    def as_json(self) -> dict[str, Any]:
        return {"mean": self.mean, "deviation": self.deviation, "n": self.n}


@dataclass(frozen=True, slots=True)
class Difference:
    """A variant's accuracy less the other's, in -1 to 1, and how far chance alone would bring it.

    `over` says what n counts: seeds that both were trained with (Student's t), the same images
    (McNemar's test, bootstrap interval), or other images on either side, unpaired (two
    proportions, Newcombe's interval), where n is the smaller of the two numbers.
    `interval` and `p` are None where the pairs do not scatter, so that nothing says how far to
    trust them. `corrected` is p after Holm's correction for `comparisons`, and decides;
    the interval stands for this comparison alone. `on_images` stands beside a difference over
    seeds: the interval over images, of the mean of these trainings. `only` counts the images that
    only the first has right, and only the other.
    """

    mean: float
    interval: Interval | None
    n: int
    over: Over
    p: float | None = None
    corrected: float | None = None
    comparisons: int = 1
    on_images: Interval | None = None
    only: tuple[int, int] | None = None

    @property
    def verdict(self) -> Verdict:
        """A difference is shown where chance would bring as much in less than 1 - 95 % of cases."""
        if self.corrected is None or self.corrected >= 1 - CONFIDENCE:
            return "no difference shown"
        return "better" if self.mean > 0 else "worse"

    def as_json(self) -> dict[str, Any]:
        return {
            "mean": self.mean,
            "interval": list(self.interval) if self.interval else None,
            "n": self.n,
            "over": self.over,
            "p": self.p,
            "p_corrected": self.corrected,
            "comparisons": self.comparisons,
            "interval_over_images": list(self.on_images) if self.on_images else None,
            "only": list(self.only) if self.only else None,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A difference before all are settled together, and its values image by image, [n] if known."""

    difference: Difference
    by_image: ByImage | None = None


def settle(found: Sequence[Evidence]) -> tuple[Difference, ...]:
    """The differences of one comparison: bootstrap intervals, and Holm's correction over all.

    >>> one = over_images(np.ones(60, bool), np.arange(60) < 50)
    >>> (alone,) = settle([one])
    >>> (first, _) = settle([one, one])
    >>> first.corrected == 2 * alone.corrected
    True
    """
    bounds = iter(bootstrap_intervals([one.by_image for one in found if one.by_image is not None]))
    differences = [
        one.difference if one.by_image is None else _bounded(one.difference, next(bounds))
        for one in found
    ]
    tested = [one.p for one in differences if one.p is not None]
    corrected = iter(holm(tested))
    return tuple(
        replace(
            one, corrected=next(corrected) if one.p is not None else None, comparisons=len(tested)
        )
        for one in differences
    )


def _bounded(difference: Difference, interval: Interval) -> Difference:
    if difference.over == "seeds":
        return replace(difference, on_images=interval)
    return replace(difference, interval=interval)


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
    quantile for n - 1 degrees of freedom; p is the share of that distribution beyond
    `mean √n / s` on either side. It speaks of the recipe, on the images it was judged on.
    Source: Student 1908, https://doi.org/10.1093/biomet/6.1.1

    >>> over_seeds([0.72, 0.73, 0.71], [0.70, 0.70, 0.70]).p < 0.05
    False
    >>> over_seeds([0.72, 0.73, 0.71, 0.72], [0.70, 0.70, 0.70, 0.70]).p < 0.05
    True
    """
    if len(figures) != len(others) or len(figures) < 2:
        raise UsageError(
            "A difference over seeds needs two variants with the same seeds, at least 2. "
            f"Got {len(figures)} and {len(others)}."
        )
    found = spread([one - other for one, other in zip(figures, others, strict=True)])
    if not found.deviation or found.deviation < _NO_SCATTER:
        return Difference(found.mean, None, found.n, "seeds")
    error = found.deviation / sqrt(found.n)
    p = 1 - share_within(abs(found.mean) / error, found.n - 1)
    return Difference(found.mean, found.interval, found.n, "seeds", max(0.0, p))


def over_images(correct: Correct, other: Correct) -> Evidence:
    """The difference of two trainings on the same n images, in the same order.

    With b images that only the first has right, c that only the other has, the mean is (b - c)/n
    and p is McNemar's. It speaks of these weights, not of other seeds.

    >>> right, wrong = np.array([True] * 90), np.array([False] * 10)
    >>> over_images(np.concatenate([right, wrong]), np.ones(100, bool)).difference.only
    (0, 10)
    """
    if correct.shape != other.shape or not correct.size:
        raise UsageError(
            "A difference over images needs the same images of both, at least 1. "
            f"Got {list(correct.shape)} and {list(other.shape)}."
        )
    n = correct.size
    only = int((correct & ~other).sum()), int((other & ~correct).sum())
    found = Difference((only[0] - only[1]) / n, None, n, "images", mcnemar(*only), only=only)
    return Evidence(found, correct.astype(np.float64) - other)


def over_other_images(accuracy: float, n: int, other: float, other_n: int) -> Difference:
    """The difference of accuracies on n and on `other_n` different images: nothing is paired.

    >>> over_other_images(0.8, 70, 0.6, 80).over
    'other images'
    """
    bounds = newcombe(accuracy, n, other, other_n)
    p = two_proportions(accuracy, n, other, other_n)
    return Difference(accuracy - other, bounds, min(n, other_n), "other images", p)


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
