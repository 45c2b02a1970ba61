"""Draws of the symmetric beta distribution, in 256ths, by a mapping of our own."""

from functools import lru_cache
from math import exp, lgamma, log

import numpy as np
from numpy.typing import NDArray

from imagette.words import Words, uniform

PARTS = 256
_TINY = 1e-300  # in place of 0 where Lentz's method divides


def beta_parts(words: Words, alpha: float) -> NDArray[np.int32]:
    """256 x Beta(alpha, alpha), rounded to 0 ... 256, by the inverse of the distribution function.

    >>> beta_parts(np.array([0, 2**62, 2**63, 2**64 - 1], np.uint64), 1.0).tolist()
    [0, 64, 128, 256]
    """
    return np.searchsorted(_borders(alpha), uniform(words), side="right").astype(np.int32)


@lru_cache(maxsize=16)
def _borders(alpha: float) -> NDArray[np.float64]:
    """The distribution function half-way between two neighbouring 256ths, [256]."""
    lower = [beta_cdf((part + 0.5) / PARTS, alpha) for part in range(PARTS // 2)]
    return np.array([*lower, *(1 - value for value in reversed(lower))])


def beta_cdf(x: float, alpha: float) -> float:
    """The distribution function of Beta(alpha, alpha) at 0 < x <= 1/2, by its continued fraction.

    Evaluated by Lentz's method. Source: https://dlmf.nist.gov/8.17.E22

    >>> round(beta_cdf(0.25, 2.0), 12)
    0.15625
    """
    front = exp(lgamma(2 * alpha) - 2 * lgamma(alpha) + alpha * (log(x) + log(1 - x))) / alpha
    c, d = 1.0, 1 / (1 - 2 * alpha * x / (alpha + 1) or _TINY)
    fraction = d
    for m in range(1, 10_000):
        even = m * (alpha - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m))
        odd = -(alpha + m) * (2 * alpha + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1))
        before = fraction
        for term in (even, odd):
            d = 1 / (1 + term * d or _TINY)
            c = 1 + term / c or _TINY
            fraction *= c * d
        if abs(fraction - before) <= 1e-15 * fraction:
            break
    return front * fraction
