"""Holm's correction: p-values of many comparisons, so that chance is not taken for a finding."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values corrected for their number m, in the order given.

    The i-th smallest becomes `max over j <= i of min(1, (m - j + 1) p_j)`. Calling those below a
    level real is then wrong even once with at most that probability, whatever links the tests.
    Source: Holm 1979, https://www.jstor.org/stable/4615733

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        corrected[at] = highest
    return tuple(corrected)
