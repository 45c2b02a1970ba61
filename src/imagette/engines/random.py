"""Every random number of a training: Philox words on the host, and the dropout hash.

Raw Philox bits are keyed by (seed, purpose, index), so that any draw can be made again without
having kept a generator's state. NumPy freezes the raw words of its bit generators but not its
distributions; the mappings to numbers are therefore ours.
Source: Salmon et al., 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from imagette.words import Words


def bits(seed: int, purpose: str, index: int, count: int) -> Words:
    """`count` 64-bit words; the same arguments give the same words on every machine.

    >>> bits(0, "order", 1, 2).tolist() == bits(0, "order", 1, 3).tolist()[:2]
    True
    """
    digest = sha256(f"{seed}/{purpose}/{index}".encode()).digest()
    words: Words = np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(count)
    return words


# The two odd constants of lowbias32, found by Chris Wellons' search for low-bias integer hashes
# (https://github.com/skeeto/hash-prospector).
HASH_MULTIPLIERS = (0x7FEB352D, 0x846CA68B)


def keep_threshold(rate: float) -> int:
    """A unit is kept where its hash, 0 to 2^32 - 1, is at least this."""
    return min(round(rate * (1 << 32)), (1 << 32) - 1)


def dropout_keep(keys: NDArray[np.uint32], num_elements: int, rate: float) -> NDArray[np.bool_]:
    """Which of `num_elements` units a dropout of `rate` keeps; the reference of both engines.

    Element i is hashed in 32-bit arithmetic, with one key (uint32 [2]) for each step and node; i
    counts through the batch, then channels, rows and columns. One key goes in before the first
    multiplication and one after it, so that two steps never share a shifted mask. lowbias32's last
    shift is left out: it changes only bits that a threshold hardly looks at.
    """
    first, second = keys
    hashed = np.arange(num_elements, dtype=np.uint32) ^ first
    hashed = (hashed ^ (hashed >> np.uint32(16))) * np.uint32(HASH_MULTIPLIERS[0]) + second
    hashed = (hashed ^ (hashed >> np.uint32(15))) * np.uint32(HASH_MULTIPLIERS[1])
    kept: NDArray[np.bool_] = hashed >= np.uint32(keep_threshold(rate))
    return kept
