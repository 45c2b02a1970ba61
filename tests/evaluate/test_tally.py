import pytest

from imagette.evaluate.tally import Tally

BATCHES = [Tally.of_batch(64, 60, 0.5), Tally.of_batch(64, 50, 0.75), Tally.of_batch(32, 3, 4.0)]


def test_a_short_last_batch_weighs_what_it_holds() -> None:  # 000-T3, 003-T3, 001-17, 001-T2
    total = Tally()
    for batch in BATCHES:
        total = total.merge(batch)
    assert total == Tally(160, 113, 208.0)
    assert total.loss == 1.3
    assert total.accuracy == 113 / 160


def test_merging_is_associative_and_the_empty_tally_changes_nothing() -> None:
    a, b, c = BATCHES
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert Tally().merge(a) == a.merge(Tally()) == a


def test_an_empty_tally_has_no_mean() -> None:
    with pytest.raises(ZeroDivisionError):
        _ = Tally().loss
