from itertools import product
from math import comb

import pytest

from imagette.errors import UsageError
from imagette.evaluate import mcnemar as module
from imagette.evaluate.mcnemar import EXACT_UP_TO, mcnemar


@pytest.mark.parametrize("counts", [(0, 0), (1, 0), (3, 0), (2, 2), (5, 1), (1, 7), (6, 5)])
def test_few_disagreements_are_counted_one_way_after_the_other(counts):
    # Every way in which so many images may fall to either side, and how many are as uneven.
    uneven = abs(counts[0] - counts[1])
    ways = list(product((1, -1), repeat=sum(counts)))
    as_uneven = sum(abs(sum(way)) >= uneven for way in ways)
    assert mcnemar(*counts) == pytest.approx(as_uneven / len(ways))


def test_a_published_case():
    # Bortz and Lienert, after Wikipedia's "McNemar's test": 6 against 16, exact.
    assert mcnemar(6, 16) == pytest.approx(0.0525, abs=5e-5)


def test_many_disagreements_agree_with_the_exact_ones_at_the_limit():
    for only_first in (450, 470, 490):
        counts = (only_first, EXACT_UP_TO + 1 - only_first)
        total = sum(counts)
        exact = 2 * sum(comb(total, k) for k in range(only_first + 1)) / 2**total
        assert mcnemar(*counts) == pytest.approx(exact, rel=0.02)


def test_the_two_ways_are_told_apart_by_the_number_of_disagreements(monkeypatch):
    assert mcnemar(10, 2) == pytest.approx(2 * (1 + 12 + 66) / 2**12)
    monkeypatch.setattr(module, "EXACT_UP_TO", 11)
    assert mcnemar(10, 2) == pytest.approx(0.0433, abs=5e-5)  # chi-squared 49/12, 1 degree


def test_equals_in_large_numbers_are_no_surprise():
    assert mcnemar(5000, 5000) == 1.0
    assert mcnemar(0, 5000) == 0.0


def test_negative_numbers_are_refused():
    with pytest.raises(
        UsageError, match=r"^Numbers of images cannot be negative\. Got -1 and 3\.$"
    ):
        mcnemar(-1, 3)
