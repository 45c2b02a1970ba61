"""Two accuracies on different images: their difference without pairing."""

from math import erfc, sqrt

from imagette.evaluate.evaluation import Interval
from imagette.evaluate.metrics import interval


def newcombe(accuracy: float, n: int, other: float, other_n: int) -> Interval:
    """The 95 % interval of `accuracy - other`, of n and `other_n` different images.

    From Wilson's intervals l..u of the two: `d - √((p1-l1)² + (u2-p2)²)` to
    `d + √((u1-p1)² + (p2-l2)²)`.
    Source: Newcombe 1998, method 10,
    https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

    >>> [round(bound, 4) for bound in newcombe(56 / 70, 70, 48 / 80, 80)]
    [0.0524, 0.3339]
    """
    low, high = interval(accuracy * n, n)
    other_low, other_high = interval(other * other_n, other_n)
    apart = accuracy - other
    down = sqrt((accuracy - low) ** 2 + (other_high - other) ** 2)
    up = sqrt((high - accuracy) ** 2 + (other - other_low) ** 2)
    return apart - down, apart + up


def two_proportions(accuracy: float, n: int, other: float, other_n: int) -> float:
    """The p-value, two-sided, of so large a difference between two equal accuracies.

    `z = (p1 - p2) / √(p (1-p) (1/n1 + 1/n2))` on the normal, p the accuracy on all images.
    Source: Pearson 1900, https://doi.org/10.1080/14786440009463897 (chi-squared of the 2x2 table)

    >>> round(two_proportions(0.5, 100, 0.6, 100), 4)
    0.1552
    """
    pooled = (accuracy * n + other * other_n) / (n + other_n)
    variance = pooled * (1 - pooled) * (1 / n + 1 / other_n)
    if variance <= 0:  # both right everywhere, or nowhere
        return 1.0
    return erfc(abs(accuracy - other) / sqrt(2 * variance))
