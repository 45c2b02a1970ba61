import math

import pytest

from imagette.evaluate.stagnation import stagnation


def test_a_figure_that_falls_does_not_stagnate() -> None:  # 001-28
    assert stagnation([5.0, 4.0, 3.0, 2.0, 1.0], patience=1) is None


def test_stagnation_began_at_the_last_value_that_improved() -> None:  # 001-28
    assert stagnation([3.0, 2.0, 1.0, 1.5, 1.2, 1.1], patience=3) == 2


def test_one_noisy_value_stops_nothing() -> None:  # 001-T4
    noisy = [3.0, 2.0, 2.5, 1.5, 1.9, 1.0]
    assert stagnation(noisy, patience=2) is None
    assert stagnation(noisy, patience=1) == 1


def test_patience_counts_values_that_do_not_improve() -> None:  # 001-T4
    assert stagnation([1.0, 1.0, 1.0], patience=3) is None
    assert stagnation([1.0, 1.0, 1.0, 1.0], patience=3) == 0


def test_small_falls_add_up_to_an_improvement() -> None:  # 001-28: "significantly"
    slow = [1.0, 0.996, 0.992, 0.988, 0.984]
    assert stagnation(slow, patience=3, min_change=0.01) is None
    assert stagnation(slow, patience=2, min_change=0.01) == 0


def test_an_accuracy_improves_upwards() -> None:
    rising = [0.1, 0.5, 0.7, 0.9]
    assert stagnation(rising, patience=1, better="higher") is None
    assert stagnation(rising, patience=3, better="lower") == 0


def test_the_same_answer_comes_value_by_value_and_in_hindsight() -> None:  # 003-22
    values = [3.0, 2.0, 2.1, 2.2, 1.0, 0.5]
    answers = [stagnation(values[:n], patience=2) for n in range(len(values) + 1)]
    assert answers == [None, None, None, None, 1, 1, 1]


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_what_is_no_number_never_improves(broken: float) -> None:
    assert stagnation([1.0, broken, broken], patience=2) == 0
    assert stagnation([broken, 1.0, 0.5], patience=2) is None


def test_nothing_measured_is_no_stagnation() -> None:
    assert stagnation([], patience=1) is None
