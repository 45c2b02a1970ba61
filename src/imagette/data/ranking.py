"""Cuts that depend on the pictures alone: not on their order, their names or a generator.

Within a class, images are ranked by SHA-256 of (SHA-256 of the pixels, salt). The salt of the
validation cut is `data.split_seed` in decimal; that of a folder's test cut is "test", so that no
seed moves the test set.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels
from imagette.data.digests import Digests

Mask = NDArray[np.bool_]
Keys = NDArray[np.uint64]
"""[N]; equal for identical pictures (two others are equal once in 2^64 pairs)."""


def rank_keys(digests: Digests, salt: str) -> Keys:
    """What images are ranked by: the first 64 bits of SHA-256(digest, salt)."""
    joined, end = digests.tobytes(), salt.encode()
    keys = b"".join(
        hashlib.sha256(joined[start : start + 32] + end).digest()[:8]
        for start in range(0, len(joined), 32)
    )
    return np.frombuffer(keys, ">u8").astype(np.uint64)


def quotas(counts: Sequence[int], total: int) -> list[int]:
    """Share `total` among classes in proportion to `counts`, by largest remainder.

    Within one of exact proportion; equal remainders favour the lower label.

    >>> quotas([50, 30, 20], 11)
    [6, 3, 2]
    """
    everything = sum(counts)
    whole = [total * count // everything for count in counts]
    remainders = [total * count % everything for count in counts]
    order = sorted(range(len(counts)), key=lambda label: -remainders[label])
    for label in order[: total - sum(whole)]:
        whole[label] += 1
    return whole


def cut(labels: Labels, keys: Keys, share: float) -> Mask:
    """Which images go into the cut: `share` of them, stratified, identical pictures together.

    Each class gives its first images by rank, in proportion, and keeps at least one. A picture
    goes only if all its copies go, of whatever class; so a class is short by the copies that
    straddle the line, and exact otherwise.
    """
    counts = np.bincount(labels).tolist()
    wanted = [
        min(quota, max(count - 1, 0))
        for quota, count in zip(quotas(counts, round(share * len(labels))), counts, strict=True)
    ]
    taken = _first(labels, keys, wanted)
    _, picture = np.unique(keys, return_inverse=True)
    stays = np.zeros(len(labels), np.bool_)
    stays[picture[~taken]] = True
    return taken & ~stays[picture]


def limited(labels: Labels, keys: Keys, limit: int) -> Mask:
    """Which images stay when at most `limit` may: the first by rank, classes in proportion."""
    if limit >= len(labels):
        return np.ones(len(labels), np.bool_)
    return _first(labels, keys, quotas(np.bincount(labels).tolist(), limit))


def _first(labels: Labels, keys: Keys, wanted: Sequence[int]) -> Mask:
    """The first `wanted[label]` images of each class by rank."""
    order = np.lexsort((keys, labels))
    starts = np.searchsorted(labels[order], np.arange(len(wanted)))
    ranks = np.arange(len(labels)) - starts[labels[order]]
    taken = np.empty(len(labels), np.bool_)
    taken[order] = ranks < np.asarray(wanted)[labels[order]]
    return taken
