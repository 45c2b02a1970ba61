import math

import pytest

from imagette.errors import UsageError
from imagette.evaluate.student import share_within, t_quantile

# Table of the upper points of t, two-sided 95 % and 99 % (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
TABLE = {
    1: (12.706, 63.657),
    2: (4.303, 9.925),
    3: (3.182, 5.841),
    4: (2.776, 4.604),
    9: (2.262, 3.250),
    10: (2.228, 3.169),
    29: (2.045, 2.756),
    30: (2.042, 2.750),
    100: (1.984, 2.626),
}


@pytest.mark.parametrize("degrees", TABLE)
def test_quantiles_are_those_of_the_tables(degrees):
    found = t_quantile(degrees), t_quantile(degrees, 0.99)
    assert found == pytest.approx(TABLE[degrees], abs=6e-4)


def density(x, degrees):
    log = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    scale = math.exp(log) / math.sqrt(degrees * math.pi)
    return scale * (1 + x * x / degrees) ** (-(degrees + 1) / 2)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 8, 50])
@pytest.mark.parametrize("t", [0.1, 1.0, 2.5])
def test_the_share_is_the_integral_of_the_density(degrees, t):
    steps = 2000
    middles = ((number + 0.5) * t / steps for number in range(steps))
    integral = 2 * sum(density(x, degrees) for x in middles) * t / steps
    assert share_within(t, degrees) == pytest.approx(integral, abs=1e-7)


def test_many_degrees_of_freedom_are_the_normal_distribution():
    assert t_quantile(20_000) == pytest.approx(1.95996, abs=2e-4)


def test_what_has_no_quantile_is_refused():
    with pytest.raises(UsageError, match=r"^Student's t needs at least 1 degree of freedom. Got 0"):
        t_quantile(0)
    with pytest.raises(UsageError, match=r"^A confidence must lie between 0 and 1. Got 1.0.$"):
        t_quantile(3, 1.0)
