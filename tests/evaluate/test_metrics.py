from statistics import NormalDist

import numpy as np
import pytest
import torch

from imagette.evaluate.metrics import (
    METRICS,
    accuracy,
    balanced_accuracy,
    confusion,
    error_rate,
    interval,
    macro_f1,
    per_class,
    top_k,
)
from imagette.evaluate.predictions import Predictions


def test_accuracy_is_the_proportion_predicted_right(seen: Predictions) -> None:  # 002-17
    assert accuracy(seen) == 3 / 6


def test_error_rate_is_the_proportion_predicted_wrong(seen: Predictions) -> None:  # 001-10
    assert error_rate(seen) == 3 / 6


def test_rows_of_the_confusion_matrix_are_true_classes(seen: Predictions) -> None:  # 003-15
    assert confusion(seen).tolist() == [[2, 1, 0], [0, 1, 1], [1, 0, 0]]


def test_rows_of_the_confusion_matrix_sum_to_the_class_counts(twenty: Predictions) -> None:
    # 003-15
    assert (confusion(twenty).sum(axis=1) == np.bincount(twenty.labels)).all()
    assert confusion(twenty).trace() == twenty.num_correct


def test_accuracy_per_class_is_of_its_own_images(seen: Predictions) -> None:  # 001-13
    assert per_class(seen).tolist() == [2 / 3, 1 / 2, 0]


def test_a_class_without_images_has_no_accuracy_and_weighs_nothing() -> None:
    predictions = Predictions(np.eye(3, dtype=np.float32)[:2], np.array([0, 0], np.int32))
    assert np.isnan(per_class(predictions)).tolist() == [False, True, True]
    assert balanced_accuracy(predictions) == 1 / 2


def test_balanced_accuracy_is_the_mean_over_classes(seen: Predictions) -> None:
    assert balanced_accuracy(seen) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


def test_macro_f1_is_the_mean_of_precision_and_recall_over_classes(seen: Predictions) -> None:
    # by hand: precision 2/3, 1/2, 0/1 and recall 2/3, 1/2, 0
    assert macro_f1(seen) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


def test_macro_f1_leaves_out_a_class_that_nobody_names() -> None:
    predictions = Predictions(np.eye(3, dtype=np.float32)[[0, 0]], np.array([0, 0], np.int32))
    assert macro_f1(predictions) == 1.0


@pytest.mark.parametrize("k", [1, 2, 5, 20])
def test_top_k_is_that_of_torch(k: int, twenty: Predictions) -> None:
    best = torch.from_numpy(twenty.logits).topk(k, dim=1).indices.numpy()
    assert top_k(twenty, k) == (best == twenty.labels[:, None]).any(axis=1).mean()


def test_top_1_is_accuracy_even_where_logits_are_equal() -> None:
    flat = Predictions(np.zeros((4, 3), np.float32), np.array([0, 1, 2, 0], np.int32))
    assert top_k(flat, 1) == accuracy(flat) == 2 / 4


def test_the_interval_holds_the_proportions_that_the_score_test_accepts() -> None:
    z = NormalDist().inv_cdf(0.975)
    for bound in interval(83, 100):
        assert abs(0.83 - bound) / (bound * (1 - bound) / 100) ** 0.5 == pytest.approx(z)


@pytest.mark.parametrize(("correct", "n"), [(0, 10), (10, 10), (1, 1), (9999, 10000)])
def test_the_interval_stays_inside_zero_and_one(correct: int, n: int) -> None:
    low, high = interval(correct, n)
    assert 0 <= low < high <= 1
    assert low <= correct / n <= high


def test_nothing_is_known_without_images() -> None:
    assert interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_each_metric_is_a_proportion(name: str, twenty: Predictions) -> None:  # 004-07
    figure = METRICS[name](twenty)
    assert isinstance(figure, float)
    assert 0 <= figure <= 1
