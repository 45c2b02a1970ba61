from itertools import product
from statistics import NormalDist

import numpy as np
import pytest

from imagette.evaluate.bootstrap import RESAMPLES, bootstrap_intervals


def by_image(n, only_first, only_other):
    found = np.zeros(n)
    found[:only_first], found[only_first : only_first + only_other] = 1, -1
    return found


def test_of_two_images_every_draw_can_be_listed():
    """Two images and two imaginary ones, by halves: 8 halves, drawn 4 times, 4,096 ways."""
    given = np.array([1.0, 0.5])
    halves = [1.0, 1.0, 0.5, 0.5, 1.0, -1.0, 0.0, 0.0]
    means = np.sort([np.mean(draw) for draw in product(halves, repeat=4)])
    ((low, high),) = bootstrap_intervals([given])
    slack = round(0.004 * len(means))  # four deviations of a share of 0.025 among 10,000
    at = round(0.025 * len(means))
    assert means[at - slack] <= low <= means[at + slack]
    assert means[-1 - at - slack] <= high <= means[-1 - at + slack]


def test_over_many_images_it_is_the_normal_interval():
    n, b, c = 5000, 400, 300
    ((low, high),) = bootstrap_intervals([by_image(n, b, c)])
    centre = (b - c) / (n + 2)
    half = NormalDist().inv_cdf(0.975) * (b + c + 1 - (b - c) ** 2 / (n + 2)) ** 0.5 / (n + 2)
    assert low == pytest.approx(centre - half, abs=0.08 * half)
    assert high == pytest.approx(centre + half, abs=0.08 * half)


def test_an_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    truth = 0.10 - 0.05
    drawn = [rng.multinomial(100, [0.10, 0.05, 0.85]) for _ in range(2000)]
    found = bootstrap_intervals([by_image(100, b, c) for b, c, _ in drawn])
    covered = [low <= truth <= high for low, high in found]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_the_same_answers_have_the_same_interval_in_any_company():
    one, other, longer = by_image(40, 9, 2), by_image(40, 1, 8), by_image(60, 3, 3)
    first, _, third = bootstrap_intervals([one, other, longer])
    assert bootstrap_intervals([longer, one]) == (third, first)
    assert RESAMPLES >= 1000


def test_the_other_way_round_it_is_about_the_same_with_the_other_sign():
    (one, other) = bootstrap_intervals([by_image(200, 30, 10), -by_image(200, 30, 10)])
    assert one == pytest.approx((-other[1], -other[0]), abs=1 / 202)


def test_nothing_has_no_interval():
    assert bootstrap_intervals([]) == ()
