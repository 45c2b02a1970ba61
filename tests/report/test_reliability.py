import numpy as np
import pytest

from imagette.evaluate.calibration import calibration
from imagette.evaluate.predictions import Predictions
from imagette.report.inline import drawing_html
from imagette.report.language import language
from imagette.report.reliability import reliability_figure


@pytest.fixture
def found():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 300).astype(np.int32)
    logits = rng.normal(size=(300, 4)) + 2 * np.eye(4)[labels]
    return calibration(Predictions(logits.astype(np.float32), labels))


def test_a_bar_a_bin_with_images_as_high_as_its_accuracy(found):
    upper, lower = reliability_figure(found).axes
    filled = [one for one in found.bins if one.n]
    assert [bar.get_height() for bar in upper.patches] == [one.accuracy for one in filled]
    assert [bar.get_height() for bar in lower.patches] == [one.n for one in filled]


def test_axes_have_their_words_and_units_in_either_language(found):
    assert [axes.get_ylabel() for axes in reliability_figure(found).axes] == [
        "accuracy (%)",
        "images",
    ]
    french = reliability_figure(found, language("fr"))
    assert french.axes[0].get_ylabel().startswith("exactitude")


def test_in_a_page_it_takes_the_pages_ink_and_is_the_same_each_time(found):
    once, again = (str(drawing_html(reliability_figure(found), "words")) for _ in range(2))
    assert once == again
    assert "#333333" not in once
    assert "currentColor" in once
