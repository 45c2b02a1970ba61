"""The bootstrap: how far a difference moves when the images are drawn anew."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from imagette.evaluate.evaluation import Interval
from imagette.words import integers

ByImage = NDArray[np.float64]
"""[n], -1 to 1: by how much more often the first side has each image right than the other."""

RESAMPLES = 10_000
CONFIDENCE = 0.95
_CELLS = 2_000_000  # of a block of resamples, about 16 MB


def bootstrap_intervals(differences: Sequence[ByImage]) -> tuple[Interval, ...]:
    """The 95 % interval of the mean of each, from `RESAMPLES` draws of as many images.

    Paired: an image brings both sides' answers. The percentiles are those of the means of n + 2
    images drawn with replacement from the n given and two imaginary ones, on which each side is
    right half the time (1/2 in each of the four cells, as Agresti and Min do): without them few
    disagreements make it too narrow, and none leave it empty. All differences over n images see
    the same draws, raw Philox words keyed by n, so an interval is the same in any company.
    Sources: Efron 1979, https://doi.org/10.1214/aos/1176344552; Agresti and Min 2005,
    https://doi.org/10.1002/sim.1781

    >>> equal = np.zeros(100)
    >>> ((low, high),) = bootstrap_intervals([equal])
    >>> low == -high < 0
    True
    """
    found: dict[int, Interval] = {}
    for n in {len(one) for one in differences}:
        which = [at for at, one in enumerate(differences) if len(one) == n]
        means = np.sort(_means(np.stack([differences[at] for at in which], axis=1)), axis=0)
        outside = int(RESAMPLES * (1 - CONFIDENCE) / 2)
        lows, highs = means[outside].tolist(), means[-1 - outside].tolist()
        found |= dict(zip(which, zip(lows, highs, strict=True), strict=True))
    return tuple(found[at] for at in range(len(differences)))


def _means(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means [RESAMPLES, m] of the columns of [n, m], over the images of each draw."""
    n, m = differences.shape
    imaginary = np.array([[1.0], [-1.0], [0.0]]) * np.ones(m)
    values = np.concatenate([differences, imaginary])
    # Two halves a picture: those of the imaginary two are right-wrong, wrong-right, and two equals.
    halves = np.concatenate([np.repeat(np.arange(n), 2), [n, n + 1, n + 2, n + 2]])
    generator = np.random.Philox(key=_key(n))
    block = max(1, _CELLS // len(values))
    sums = []
    for start in range(0, RESAMPLES, block):
        size = min(block, RESAMPLES - start)
        words = generator.random_raw(size * (n + 2))
        drawn = halves[integers(words, len(halves))].reshape(size, n + 2)
        drawn += len(values) * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * len(values))
        sums.append(times.reshape(size, len(values)).astype(np.float64) @ values)
    means: NDArray[np.float64] = np.concatenate(sums) / (n + 2)
    return means


def _key(n: int) -> int:
    return int.from_bytes(sha256(f"bootstrap/{n}".encode()).digest()[:16], "little")
