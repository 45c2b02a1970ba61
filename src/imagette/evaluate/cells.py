"""Which images stand for each cell of a confusion matrix."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from imagette.evaluate.losses import probabilities
from imagette.evaluate.predictions import Predictions


def images_behind(
    predictions: Predictions, most: int = 12, total: int = 1200
) -> Mapping[tuple[int, int], tuple[int, ...]]:
    """The images of each cell (true, predicted) that has some, by their places in the set.

    At most `most` a cell, and fewer where all cells together would have more than `total`; but
    each cell keeps one until there are too many cells. Of mistakes the surest come first, of what
    is right the least sure.

    >>> logits = np.array([[9, 0], [1, 0], [0, 2]], np.float32)
    >>> dict(images_behind(Predictions(logits, np.array([0, 0, 0], np.int32))))
    {(0, 0): (1, 0), (0, 1): (2,)}
    """
    predicted, labels = predictions.predicted, predictions.labels
    sure = probabilities(predictions.logits)[np.arange(len(labels)), predicted]
    rank = np.where(predicted == labels, sure, -sure)
    order = np.lexsort((np.arange(len(labels)), rank))
    cells: dict[tuple[int, int], list[int]] = {}
    for index in order:
        cells.setdefault((int(labels[index]), int(predicted[index])), []).append(int(index))
    each = _most_each([len(inside) for inside in cells.values()], most, total)
    kept = sorted(cells)[:total]
    return MappingProxyType({cell: tuple(cells[cell][:each]) for cell in kept})


def _most_each(sizes: list[int], most: int, total: int) -> int:
    """The largest number a cell, from 1 to `most`, with which all cells stay within `total`."""
    fits = (n for n in range(most, 0, -1) if sum(min(n, size) for size in sizes) <= total)
    return next(fits, 1)
