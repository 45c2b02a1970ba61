from dataclasses import replace

import pytest

from imagette.evaluate.bootstrap import RESAMPLES
from imagette.evaluate.comparison import Difference
from imagette.report.language import language
from imagette.report.verdict import coverage_of_tests, p_text, verdict

ENGLISH, FRENCH = language("en"), language("fr")
BETTER = Difference(0.012, (0.004, 0.02), 5000, "images", 0.0005, 0.003, 6, only=(160, 100))
SEEDS = Difference(-0.02, (-0.03, -0.01), 5, "seeds", 0.01, 0.01, 1, on_images=(-0.04, 0.001))


def test_a_real_difference_is_said_with_interval_chance_and_comparisons():  # 001-29
    assert verdict("B", "A", BETTER, ENGLISH) == (
        "B is better than A by 1.20 points [0.40, 2.00], p = 0.003 after correction for 6 "
        "comparisons. Of 5,000 images 160 only B has right, 100 only A."
    )


def test_worse_is_said_by_a_positive_amount():
    assert verdict("B", "A", SEEDS, ENGLISH) == (
        "B is worse than A by 2.00 points [1.00, 3.00], p = 0.010. "
        "Over the images, with these trainings: [−0.10, 4.00]."
    )


def test_what_chance_may_bring_is_no_difference():
    found = replace(BETTER, corrected=0.06, mean=-0.00001)
    assert verdict("B", "A", found, ENGLISH).startswith(
        "No difference between B and A can be told: 0.00 points [0.40, 2.00], p = 0.060 after "
    )


def test_seeds_that_do_not_scatter_say_nothing():
    found = Difference(0.1, None, 2, "seeds")
    assert verdict("B", "A", found, ENGLISH) == (
        "No difference between B and A can be told: it is 10.00 points for each of the 2 seeds, so "
        "that nothing shows how far chance would bring it."
    )


def test_french_has_its_comma_and_its_brackets():
    said = verdict("B", "A", BETTER, FRENCH)
    assert "B est meilleur que A de 1,20 points [0,40; 2,00], p = 0,003 après correction" in said


def test_without_pairing_it_says_so():
    found = replace(BETTER, over="other images", only=None)
    assert verdict("B", "A", found, ENGLISH).endswith("compared without pairing.")


@pytest.mark.parametrize("say", [ENGLISH, FRENCH])
def test_each_kind_of_test_says_what_it_covers_once(say):
    unpaired = replace(BETTER, over="other images", only=None)
    lines = coverage_of_tests([BETTER, BETTER, SEEDS, unpaired], say)
    assert len(lines) == 4
    assert say.integer(RESAMPLES) in lines[1]
    assert coverage_of_tests([SEEDS], say) == lines[:1]
    assert coverage_of_tests([], say) == ()


def test_a_name_is_never_a_form_to_fill_in():
    hostile = "{chance.__class__}{0}"
    assert hostile in verdict(hostile, "A", BETTER, ENGLISH)


def test_small_p_values_are_not_told_apart():
    assert p_text(0.00099, ENGLISH) == p_text(0.0, ENGLISH) == "p < 0.001"
    assert p_text(1.0, ENGLISH) == "p = 1.000"
