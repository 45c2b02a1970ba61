from statistics import NormalDist

import numpy as np
import pytest

from imagette.evaluate.proportions import newcombe, two_proportions

# Newcombe 1998, table II, method 10.
PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
]


@pytest.mark.parametrize(("counts", "bounds"), PUBLISHED)
def test_the_interval_is_the_published_one(counts, bounds):
    right, n, other, other_n = counts
    assert newcombe(right / n, n, other / other_n, other_n) == pytest.approx(bounds, abs=5e-5)


def test_the_p_value_is_that_of_a_normal_z():
    p = two_proportions(0.8, 70, 0.6, 80)
    pooled = 104 / 150
    z = 0.2 / (pooled * (1 - pooled) * (1 / 70 + 1 / 80)) ** 0.5
    assert p == pytest.approx(2 * (1 - NormalDist().cdf(z)))


def test_equal_accuracies_are_found_different_as_often_as_said():
    rng = np.random.default_rng(0)
    drawn = rng.binomial([500, 800], 0.7, size=(2000, 2)) / [500, 800]
    wrong = [two_proportions(first, 500, other, 800) < 0.05 for first, other in drawn]
    assert np.mean(wrong) == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_all_right_or_all_wrong_on_both_sides_is_no_difference(accuracy):
    assert two_proportions(accuracy, 5, accuracy, 9) == 1.0
