import numpy as np
import pytest

from imagette.evaluate.mistakes import Mistake, mistakes
from imagette.evaluate.predictions import Predictions


@pytest.fixture
def four() -> Predictions:
    """Right; surely wrong; right; hardly wrong."""
    logits = np.array([[9, 0], [0, np.log(9)], [0, 1], [np.log(1.5), 0]], np.float32)
    return Predictions(logits, np.array([0, 0, 1, 1], np.int32))


def test_the_surest_mistake_comes_first(four: Predictions) -> None:
    first, second = mistakes(four)
    assert first == Mistake(1, predicted=1, true=0, probability=pytest.approx(0.9))
    assert second == Mistake(3, predicted=0, true=1, probability=pytest.approx(0.6))


def test_all_misclassified_images_are_found_once(twenty: Predictions) -> None:  # 002-23
    indices = sorted(mistake.index for mistake in mistakes(twenty))
    assert indices == np.flatnonzero(twenty.predicted != twenty.labels).tolist()


def test_at_most_so_many_are_given(four: Predictions) -> None:
    assert [mistake.index for mistake in mistakes(four, most=1)] == [1]
    assert mistakes(four, most=0) == ()
