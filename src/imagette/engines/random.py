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
    return np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(count)


# The two odd constants of lowbias32, found by Chris Wellons' search for low-bias integer hashes
# (https://github.com/skeeto/hash-prospector).
HASH_MULTIPLIERS = (0x7FEB352D, 0x846CA68B)
KEEP_BITS = 24


def keep_threshold(rate: float) -> int:
    """A unit is kept where the upper 24 bits of its hash are at least this."""
    return round(rate * 2**KEEP_BITS)


def dropout_keep(keys: NDArray[np.uint32], num_elements: int, rate: float) -> NDArray[np.bool_]:
    """Which of `num_elements` units a dropout of `rate` keeps; the reference of both engines.

    Element i is hashed in 32-bit arithmetic, with one key (uint32 [2]) for each step and node; i
    counts through the batch, then channels, rows and columns. One key goes in before the first
    multiplication and one between the two, so that two steps never share a shifted mask.
    """
    first, second = keys
    hashed = np.arange(num_elements, dtype=np.uint32) ^ first
    hashed = (hashed ^ (hashed >> np.uint32(16))) * np.uint32(HASH_MULTIPLIERS[0])
    hashed = (hashed ^ (hashed >> np.uint32(15))) + second
    hashed = (hashed ^ (hashed >> np.uint32(13))) * np.uint32(HASH_MULTIPLIERS[1])
    hashed = hashed ^ (hashed >> np.uint32(16))
    return (hashed >> np.uint32(32 - KEEP_BITS)) >= np.uint32(keep_threshold(rate))
