import numpy as np
import pytest

from imagette.errors import TrainingError, UsageError
from imagette.evaluate.predictions import Predictions

FOUR = np.eye(4, dtype=np.float32)


def test_of_equal_logits_the_first_class_is_predicted() -> None:
    predictions = Predictions(np.zeros((2, 3), np.float32), np.array([0, 2], np.int32))
    assert predictions.predicted.tolist() == [0, 0]
    assert predictions.num_correct == 1


def test_logits_and_labels_of_different_numbers_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        Predictions(FOUR, np.array([0, 1], np.int32))
    assert str(caught.value) == (
        "Predictions need logits [N,K] and labels [N] of the same N, at least 1. "
        "Got logits [4, 4] and labels [2]."
    )


def test_no_images_are_refused() -> None:
    with pytest.raises(UsageError, match=r"at least 1\. Got logits \[0, 4\] and labels \[0\]\."):
        Predictions(FOUR[:0], np.array([], np.int32))


def test_a_label_out_of_range_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        Predictions(FOUR, np.array([0, 1, 2, 10], np.int32))
    assert str(caught.value) == (
        "Labels must lie between 0 and 3, one for each column of the logits. Got 0 to 10."
    )


def test_a_network_that_answers_nan_does_not_pass_for_one_at_chance() -> None:
    logits = np.where(FOUR == 1, np.nan, FOUR).astype(np.float32)[:3]
    with pytest.raises(TrainingError, match="not finite for 3 of 3 images"):
        Predictions(logits, np.zeros(3, np.int32))
