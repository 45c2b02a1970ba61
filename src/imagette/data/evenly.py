"""Some of many, evenly apart."""

import numpy as np
from numpy.typing import NDArray


def evenly(count: int, wanted: int) -> NDArray[np.int64]:
    """At most `wanted` of `count` rows, evenly apart: a split may hold its classes in a row.

    >>> evenly(10, 4).tolist(), evenly(2, 4).tolist()
    ([0, 3, 6, 9], [0, 1])
    """
    return np.linspace(0, count - 1, min(count, wanted)).round().astype(np.int64)
