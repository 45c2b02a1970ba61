from math import sqrt

import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.evaluate.comparison import (
    Difference,
    Spread,
    over_images,
    over_seeds,
    same_images,
    spread,
)


def right(*counts):
    """The answers of two networks: so many images with both right, the first, the other, none."""
    first = np.repeat([True, True, False, False], counts)
    other = np.repeat([True, False, True, False], counts)
    return first, other


def test_mean_and_sample_deviation():
    found = spread([0.5, 0.7, 0.9])
    assert found.mean == pytest.approx(0.7)
    assert found.deviation == pytest.approx(0.2)  # over n - 1
    assert spread([0.5]) == Spread(0.5, None, 1)


def test_nothing_has_no_mean():
    with pytest.raises(UsageError, match=r"^A mean needs at least one figure\. Got none\.$"):
        spread([])


def test_the_interval_over_seeds_is_student_s():  # 001-29
    found = over_seeds([0.72, 0.73, 0.71, 0.74, 0.70], [0.70, 0.70, 0.70, 0.70, 0.70])
    half = 2.776445105 * sqrt(0.00025) / sqrt(5)
    assert found.mean == pytest.approx(0.02)
    assert found.interval == pytest.approx((0.02 - half, 0.02 + half))
    assert (found.n, found.over, found.verdict) == (5, "seeds", "better")


def test_seeds_are_paired_so_that_what_they_share_cancels():
    one, other = [0.6, 0.7, 0.8], [0.59, 0.688, 0.79]
    assert over_seeds(one, other).verdict == "better"
    assert over_seeds(other, one).verdict == "worse"
    assert over_seeds(one, [0.79, 0.59, 0.688]).verdict == "no difference shown"


def test_pairs_that_do_not_scatter_show_nothing():
    found = over_seeds([0.9, 0.8], [0.8, 0.7])  # equal but for rounding
    assert found.interval is None
    assert found.verdict == "no difference shown"


@pytest.mark.parametrize("counts", [(1, 1), (0, 0), (3, 2)])
def test_seeds_that_do_not_pair_are_refused(counts):
    one, other = ([0.5] * n for n in counts)
    with pytest.raises(UsageError, match=r"^A difference over seeds needs two variants with the "):
        over_seeds(one, other)


def test_the_interval_over_many_images_is_the_normal_one():
    # Approval of a prime minister, twice asked: Agresti, Categorical Data Analysis, 10.1.
    found = over_images(*right(794, 150, 86, 570))
    assert found.mean == pytest.approx(64 / 1600)
    assert found.interval == pytest.approx((0.021, 0.059), abs=5e-4)
    assert (found.n, found.over, found.verdict) == (1600, "images", "better")


def test_images_that_tell_few_apart_show_nothing():
    assert over_images(*right(26, 4, 0, 0)).verdict == "no difference shown"  # McNemar: p = 0.125
    assert over_images(*right(20, 10, 0, 0)).verdict == "better"
    assert over_images(*right(20, 0, 10, 0)).verdict == "worse"


def test_networks_that_agree_everywhere_do_not_differ():
    low, high = over_images(*right(5, 0, 0, 5)).interval
    assert low == -high < 0


def test_an_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    truth = 0.10 - 0.05
    covered = []
    for _ in range(2000):
        counts = rng.multinomial(100, [0.6, 0.10, 0.05, 0.25])
        low, high = over_images(*right(*counts)).interval
        covered.append(low <= truth <= high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_other_images_are_refused():
    with pytest.raises(UsageError, match=r"needs the same images of both, at least 1\. Got \[2\] "):
        over_images(np.ones(2, bool), np.ones(3, bool))


def digests(*numbers):
    return np.repeat(np.array(numbers, np.uint8)[:, None], 32, axis=1)


def test_images_are_matched_by_their_digests():
    first, second = digests(5, 1, 9, 3), digests(3, 5, 7)
    at, other = same_images(first, second)
    np.testing.assert_array_equal(first[at], second[other])
    assert sorted(first[at, 0].tolist()) == [3, 5]


def test_equal_sets_keep_every_image_even_equal_ones():
    at, other = same_images(digests(5, 1, 5), digests(5, 1, 5))
    assert at.tolist() == other.tolist() == [0, 1, 2]


def test_sets_without_a_common_image_share_none():
    assert len(same_images(digests(1, 2), digests(3))[0]) == 0


def test_values_are_kept_as_json():
    found = Difference(0.1, (0.05, 0.15), 3, "seeds")
    assert found.as_json() == {
        "mean": 0.1,
        "interval": [0.05, 0.15],
        "n": 3,
        "over": "seeds",
        "verdict": "better",
    }
    assert Difference(0.1, None, 2, "seeds").as_json()["interval"] is None
