"""From raw 64-bit random words to numbers, by mappings of our own.

NumPy freezes the raw words of its bit generators but not its distributions; these make a draw the
same on every machine and for every version of NumPy.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Order = NDArray[np.int32]  # the images of an epoch, in the order of the steps
Bits = Callable[[str, int, int], Words]
"""`bits(purpose, epoch, count)`: that many 64-bit words, the same at every call."""


def uniform(words: Words) -> NDArray[np.float64]:
    """Floats in [0, 1) from the upper 53 bits.

    >>> uniform(np.array([0, 2**63], np.uint64)).tolist()
    [0.0, 0.5]
    """
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def integers(words: Words, bound: int) -> NDArray[np.int32]:
    """Integers 0 to bound-1 from the upper 32 bits, by multiplying and shifting.

    >>> integers(np.array([0, 2**63, 2**64 - 1], np.uint64), 10).tolist()
    [0, 5, 9]
    """
    return (((words >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32)).astype(np.int32)


def normal(words: Words) -> NDArray[np.float64]:
    """Standard normal numbers, one a word: the upper 32 bits a radius, the lower an angle.

    sqrt(-2 log u) cos(2 pi v), with u in (0, 1) and v in [0, 1); none is beyond 6.8.
    Source: Box and Muller, 1958, https://doi.org/10.1214/aoms/1177706645

    >>> normal(np.array([0, 2**31], np.uint64)).round(2).tolist()
    [6.76, -6.76]
    """
    low, high = (half.astype(np.float64) * 2.0**-32 for half in halves(words).T)
    radius = np.sqrt(-2 * np.log(high + 2.0**-33))
    drawn: NDArray[np.float64] = radius * np.cos(2 * np.pi * low)
    return drawn


def permutation(words: Words) -> NDArray[np.int32]:
    """The order of N things that `words` [N] stand for: the stable argsort of 64-bit keys.

    >>> permutation(np.array([7, 3, 5], np.uint64)).tolist()
    [1, 2, 0]
    """
    return np.argsort(words, kind="stable").astype(np.int32)


def halves(words: Words) -> NDArray[np.uint32]:
    """The lower and upper 32 bits of each word, [N,2]."""
    return np.stack([words & np.uint64(0xFFFFFFFF), words >> np.uint64(32)], 1).astype(np.uint32)
