import pytest

from imagette.evaluate.calibration import Bin, Calibration
from imagette.report.blocks import Facts, Text
from imagette.report.language import language
from imagette.report.sections.calibration import calibrated


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.95, "too sure"), (0.6, "less sure"), (0.82, "about as sure")]
)
def test_it_is_said_in_words_which_way_it_errs(confidence, words):
    bins = (Bin(0.5, 1.0, 100, confidence, 0.8, (0.7, 0.9)),)
    section = calibrated(Calibration(bins, abs(confidence - 0.8), confidence, 0.8), language("en"))
    facts, text, _ = section.blocks
    assert isinstance(facts, Facts)
    assert isinstance(text, Text)
    assert words in text.text
    assert facts.facts[0].value == f"{100 * abs(confidence - 0.8):.2f}\N{NO-BREAK SPACE}%"
