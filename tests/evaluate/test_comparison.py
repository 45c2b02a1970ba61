from math import sqrt

import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.evaluate.comparison import (
    Difference,
    Evidence,
    Spread,
    over_images,
    over_other_images,
    over_seeds,
    same_images,
    settle,
    spread,
)


def right(*counts):
    """The answers of two networks: so many images with both right, the first, the other, none."""
    first = np.repeat([True, True, False, False], counts)
    other = np.repeat([True, False, True, False], counts)
    return first, other


def settled(*counts):
    """The difference over images of the answers that `right` makes, alone in its comparison."""
    return settle([over_images(*right(*counts))])[0]


def settled_seeds(figures, others):
    return settle([Evidence(over_seeds(figures, others))])[0]


def test_mean_and_sample_deviation():
    found = spread([0.5, 0.7, 0.9])
    assert found.mean == pytest.approx(0.7)
    assert found.deviation == pytest.approx(0.2)  # over n - 1
    assert spread([0.5]) == Spread(0.5, None, 1)


def test_nothing_has_no_mean():
    with pytest.raises(UsageError, match=r"^A mean needs at least one figure\. Got none\.$"):
        spread([])


def test_the_interval_over_seeds_is_student_s():  # 001-29
    found = settled_seeds([0.72, 0.73, 0.71, 0.74, 0.70], [0.70, 0.70, 0.70, 0.70, 0.70])
    half = 2.776445105 * sqrt(0.00025) / sqrt(5)
    assert found.mean == pytest.approx(0.02)
    assert found.interval == pytest.approx((0.02 - half, 0.02 + half))
    assert (found.n, found.over, found.verdict) == (5, "seeds", "better")
    # |T| > 2.8284 for 4 degrees: 1 - 3/2 s + s^3/2 with s = sin(atan(t/2)) = sqrt(2/3).
    sine = sqrt(2 / 3)
    assert found.p == pytest.approx(1 - (1.5 * sine - sine**3 / 2))


def test_seeds_are_paired_so_that_what_they_share_cancels():
    one, other = [0.6, 0.7, 0.8], [0.59, 0.688, 0.79]
    assert settled_seeds(one, other).verdict == "better"
    assert settled_seeds(other, one).verdict == "worse"
    assert settled_seeds(one, [0.79, 0.59, 0.688]).verdict == "no difference shown"


def test_pairs_that_do_not_scatter_show_nothing():
    found = settled_seeds([0.9, 0.8], [0.8, 0.7])  # equal but for rounding
    assert (found.interval, found.p, found.corrected) == (None, None, None)
    assert found.verdict == "no difference shown"


@pytest.mark.parametrize("counts", [(1, 1), (0, 0), (3, 2)])
def test_seeds_that_do_not_pair_are_refused(counts):
    one, other = ([0.5] * n for n in counts)
    with pytest.raises(UsageError, match=r"^A difference over seeds needs two variants with the "):
        over_seeds(one, other)


def test_the_interval_over_many_images_is_the_normal_one():
    # Approval of a prime minister, twice asked: Agresti, Categorical Data Analysis, 10.1.
    found = settled(794, 150, 86, 570)
    assert found.mean == pytest.approx(64 / 1600)
    assert found.interval == pytest.approx((0.021, 0.059), abs=1e-3)
    assert found.p == pytest.approx(3.8e-5, rel=0.1)  # z = 4.17 there, without correction 3.1e-5
    assert (found.n, found.over, found.verdict) == (1600, "images", "better")
    assert found.only == (150, 86)


def test_images_that_tell_few_apart_show_nothing():
    assert settled(26, 4, 0, 0).p == 0.125  # 2/2^4
    assert settled(26, 4, 0, 0).verdict == "no difference shown"
    assert settled(20, 10, 0, 0).verdict == "better"
    assert settled(20, 0, 10, 0).verdict == "worse"


def test_networks_that_agree_everywhere_do_not_differ():
    found = settled(5, 0, 0, 5)
    low, high = found.interval
    assert low == -high < 0
    assert (found.p, found.verdict) == (1.0, "no difference shown")


def test_many_comparisons_are_corrected_and_decide_by_that():
    one = over_images(*right(50, 6, 0, 0))  # p = 2/2^6 = 0.03125
    none = over_images(*right(50, 3, 3, 0))
    alone, first, second = settle([one])[0], *settle([one, none])
    assert (alone.p, alone.corrected, alone.verdict) == (0.03125, 0.03125, "better")
    assert (first.p, first.corrected, first.verdict) == (0.03125, 0.0625, "no difference shown")
    assert (first.comparisons, second.comparisons, second.corrected) == (2, 2, 1.0)
    assert first.interval == alone.interval  # the interval stands for one comparison alone


def test_what_cannot_be_tested_is_not_counted_among_the_comparisons():
    without = Evidence(over_seeds([0.9, 0.8], [0.8, 0.7]))
    found = settle([without, over_images(*right(50, 6, 0, 0))])
    assert [one.corrected for one in found] == [None, 0.03125]
    assert found[1].comparisons == 1


def test_beside_seeds_stands_the_interval_over_images():
    first, other = right(40, 12, 2, 6)
    evidence = Evidence(over_seeds([0.9, 0.8], [0.7, 0.65]), first.astype(float) - other)
    (found,) = settle([evidence])
    assert found.over == "seeds"
    assert found.on_images == settled(40, 12, 2, 6).interval
    assert found.interval == over_seeds([0.9, 0.8], [0.7, 0.65]).interval


def test_other_images_are_compared_without_pairing():
    found = over_other_images(56 / 70, 70, 48 / 80, 80)
    assert found.mean == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)  # Newcombe 1998, method 10
    assert (found.n, found.over, found.only) == (70, "other images", None)


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
    found = Difference(0.1, (0.05, 0.15), 30, "images", 0.01, 0.03, 3, only=(5, 2))
    assert found.as_json() == {
        "mean": 0.1,
        "interval": [0.05, 0.15],
        "n": 30,
        "over": "images",
        "p": 0.01,
        "p_corrected": 0.03,
        "comparisons": 3,
        "interval_over_images": None,
        "only": [5, 2],
        "verdict": "better",
    }
    assert Difference(0.1, None, 2, "seeds").as_json()["interval"] is None
