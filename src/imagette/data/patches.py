"""The connected patches of a mask, told apart by weight and by whether they touch the edge."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

MOST_CELLS = 128  # along a side: a coarser grid closes small gaps and is soon labelled
LEAST_SHARE = 0.1  # of the heaviest patch: lighter ones are specks


def heavy_patches(mask: Mask) -> Mask:
    """The mask [H,W] without specks, and without what touches the edge where another is as heavy.

    Patches are connected over sides and corners on a grid of at most `MOST_CELLS`. Specks weigh
    less than `LEAST_SHARE` of the heaviest patch that is kept.

    >>> mask = np.zeros((9, 9), np.bool_)
    >>> mask[2:6, 2:6] = mask[8, 8] = True
    >>> heavy_patches(mask).sum()
    np.int64(16)
    """
    cell = ceil(max(mask.shape) / MOST_CELLS)
    weights = _summed(mask, cell)
    labels = _labelled(weights > 0)
    weight = np.bincount(labels.ravel(), weights.ravel())
    weight[0] = 0
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    inner = weight.copy()
    inner[edge] = 0
    chosen = inner if inner.max() >= LEAST_SHARE * weight.max() else weight
    kept = chosen >= max(LEAST_SHARE * chosen.max(), 1)
    fine = kept[labels].repeat(cell, axis=0).repeat(cell, axis=1)
    left: Mask = mask & fine[: mask.shape[0], : mask.shape[1]]
    return left


def _summed(mask: Mask, cell: int) -> NDArray[np.int64]:
    """How much of the mask lies in each cell."""
    height, width = (ceil(side / cell) for side in mask.shape)
    padding = [(0, n * cell - side) for n, side in zip((height, width), mask.shape, strict=True)]
    cells = np.pad(mask, padding).reshape(height, cell, width, cell)
    sums: NDArray[np.int64] = cells.sum(axis=(1, 3), dtype=np.int64)
    return sums


def _labelled(mask: Mask) -> NDArray[np.int64]:
    """A number from 1 for each patch, 0 elsewhere: every cell takes its neighbours' largest."""
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        padded = np.pad(labels, 1)
        height, width = mask.shape
        around = [padded[r : r + height, c : c + width] for r in range(3) for c in range(3)]
        spread = np.where(mask, np.max(around, axis=0), 0)
        if np.array_equal(spread, labels):
            numbers: NDArray[np.int64] = np.unique(np.append(0, labels), return_inverse=True)[1]
            return numbers[1:].reshape(mask.shape)
        labels = spread
