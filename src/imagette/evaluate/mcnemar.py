"""McNemar's test: whether two networks are right equally often, from where they disagree."""

from math import erfc, sqrt

from imagette.errors import UsageError

EXACT_UP_TO = 1_000  # disagreements; with more, the approximation is as good and quicker


def mcnemar(only_first: int, only_other: int) -> float:
    """The p-value, two-sided, of as uneven a disagreement between two networks that are equals.

    Of the b + c images on which one network is right and the other wrong, b are only the first's
    and c only the other's. Up to `EXACT_UP_TO` of them exactly, for b is then binomial with 1/2:
    `p = min(1, 2 P(X <= min(b, c)))`. Beyond, by Edwards' form, `(|b - c| - 1)² / (b + c)` on
    chi-squared with one degree of freedom. It speaks of these two trainings, not of their recipes.
    Sources: McNemar 1947, https://doi.org/10.1007/BF02295996; Edwards 1948,
    https://doi.org/10.1007/BF02289261; Dietterich 1998, https://doi.org/10.1162/089976698300017197

    >>> mcnemar(4, 0), mcnemar(5, 5), mcnemar(0, 0)
    (0.125, 1.0, 1.0)
    """
    fewer, apart = min(only_first, only_other), only_first + only_other
    if fewer < 0:
        raise UsageError(
            f"Numbers of images cannot be negative. Got {only_first} and {only_other}."
        )
    if apart > EXACT_UP_TO:
        return erfc(sqrt(_edwards(only_first, only_other) / 2))
    ways, below = 1, 1  # C(apart, k) and its sum so far, in whole numbers
    for k in range(1, fewer + 1):
        ways = ways * (apart - k + 1) // k
        below += ways
    return min(1.0, 2 * below / (1 << apart))


def _edwards(only_first: int, only_other: int) -> float:
    uneven = max(0, abs(only_first - only_other) - 1)
    return uneven**2 / (only_first + only_other)
