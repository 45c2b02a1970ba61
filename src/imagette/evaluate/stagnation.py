"""When a figure stopped getting better: the rule of early stopping and of the plateau report."""

from collections.abc import Sequence
from typing import Literal

Better = Literal["lower", "higher"]


def stagnation(
    values: Sequence[float], patience: int, min_change: float = 0.0, better: Better = "lower"
) -> int | None:
    """The index where `values` first stopped improving, or None while they still improve.

    A value improves if it beats the last one that did by more than `min_change` (>= 0). When
    `patience` (>= 1) values in a row have not, the figure stagnates since the last one that did:
    one noisy value stops nothing. NaN never improves.

    >>> stagnation([3.0, 2.0, 1.0, 1.1, 0.999, 1.2], patience=3, min_change=0.01)
    2
    >>> stagnation([0.1, 0.5, 0.4, 0.6], patience=2, better="higher") is None
    True
    """
    sign = 1.0 if better == "lower" else -1.0
    lowest, since = float("inf"), 0
    for index, value in enumerate(values):
        if sign * value < lowest - min_change:
            lowest, since = sign * value, index
        elif index - since >= patience:
            return since
    return None
