import numpy as np
import pytest

from imagette.evaluate.holm import holm


def test_each_is_multiplied_by_those_still_to_be_judged():
    # By hand: 4 x 0.005, 3 x 0.01, then 2 x 0.03, and 0.04 no lower than the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_stepping_down_rejects_the_same():
    """Holm's own words: go up from the smallest, reject while p <= level / (those left)."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        p_values = (rng.random(6) ** 3).tolist()
        for level in (0.01, 0.05, 0.2):
            rejected = set()
            for rank, at in enumerate(sorted(range(6), key=p_values.__getitem__)):
                if p_values[at] > level / (6 - rank):
                    break
                rejected.add(at)
            assert {at for at, p in enumerate(holm(p_values)) if p <= level} == rejected


def test_one_comparison_needs_no_correction_and_none_is_nothing():
    assert holm([0.04]) == (0.04,)
    assert holm([]) == ()


def test_it_stays_a_probability():
    assert holm([0.9, 0.8, 0.7]) == (1.0, 1.0, 1.0)


def test_equals_cried_wolf_no_more_often_than_said():
    rng = np.random.default_rng(1)
    wrong = [min(holm(rng.random(20).tolist())) < 0.05 for _ in range(2000)]
    assert np.mean(wrong) <= 0.065
