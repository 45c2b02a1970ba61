"""Student's t distribution, for intervals from a few seeds."""

from math import atan, cos, pi, sin, sqrt, tan

from imagette.errors import UsageError

_HALVINGS = 53  # as many as a double has bits


def share_within(t: float, degrees: int) -> float:
    """The probability that |T| <= t, for `degrees` of freedom (an integer, at least 1).

    With a = atan(t/√degrees), a finite sum: for even degrees
    `sin a (1 + 1/2 cos²a + 1·3/(2·4) cos⁴a + ...)`, for odd ones
    `2/π (a + sin a (cos a + 2/3 cos³a + 2·4/(3·5) cos⁵a + ...))`, up to cos^(degrees-2).
    Source: Abramowitz and Stegun, 26.7.3 and 26.7.4 (https://personal.math.ubc.ca/~cbm/aands/).

    >>> round(share_within(12.706, 1), 5)
    0.95
    """
    if degrees < 1:
        raise UsageError(f"Student's t needs at least 1 degree of freedom. Got {degrees}.")
    angle = atan(t / sqrt(degrees))
    is_odd = degrees % 2
    term = cos(angle) if is_odd else 1.0
    total = 0.0
    for power in range(1 if is_odd else 0, degrees - 1, 2):
        total += term
        term *= cos(angle) ** 2 * (power + 1) / (power + 2)
    return 2 / pi * (angle + sin(angle) * total) if is_odd else sin(angle) * total


def t_quantile(degrees: int, confidence: float = 0.95) -> float:
    """The t for which |T| <= t with that confidence: by bisection of the angle atan(t/√degrees).

    >>> round(t_quantile(4), 4)
    2.7764
    """
    if not 0 < confidence < 1:
        raise UsageError(f"A confidence must lie between 0 and 1. Got {confidence}.")
    low, high = 0.0, pi / 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = share_within(sqrt(degrees) * tan(middle), degrees) >= confidence
        low, high = (low, middle) if enough else (middle, high)
    return sqrt(degrees) * tan(high)
