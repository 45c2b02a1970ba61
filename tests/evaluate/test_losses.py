import numpy as np
import pytest
import torch
from torch.nn import functional

from imagette.evaluate.losses import (
    LOSSES,
    class_weighted,
    cross_entropy,
    mse,
    nll,
    probabilities,
)
from imagette.evaluate.predictions import Predictions


def test_probabilities_sum_to_one_however_large_the_logits() -> None:  # 002-08
    logits = np.array([[1e4, -1e4, 9999], [0, 0, 0], [-1e30, 1e30, 0]], np.float32)
    assert np.isfinite(probabilities(logits)).all()
    np.testing.assert_allclose(probabilities(logits).sum(axis=1), 1, rtol=1e-15)


def test_probabilities_are_those_of_torch(twenty: Predictions) -> None:  # 002-08
    expected = torch.softmax(torch.from_numpy(twenty.logits).double(), dim=1)
    np.testing.assert_allclose(probabilities(twenty.logits), expected.numpy(), rtol=1e-12)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_is_that_of_torch(  # 002-11
    twenty: Predictions, label_smoothing: float
) -> None:
    expected = functional.cross_entropy(
        torch.from_numpy(twenty.logits).double(),
        torch.from_numpy(twenty.labels).long(),
        reduction="none",
        label_smoothing=label_smoothing,
    )
    ours = cross_entropy(twenty.logits, twenty.labels, label_smoothing)
    np.testing.assert_allclose(ours, expected.numpy(), rtol=1e-12)


def test_mse_is_a_mean_over_images_and_outputs_as_in_torch(twenty: Predictions) -> None:
    # 002-31, 002-T4
    target = functional.one_hot(torch.from_numpy(twenty.labels).long(), 20).double()
    expected = torch.nn.MSELoss()(torch.from_numpy(twenty.logits).double(), target)
    assert mse(twenty.logits, twenty.labels).mean() == pytest.approx(expected.item(), rel=1e-12)


def test_nll_of_log_probabilities_is_that_of_torch(twenty: Predictions) -> None:  # 002-31
    log_p = torch.log_softmax(torch.from_numpy(twenty.logits), dim=1)
    expected = functional.nll_loss(log_p, torch.from_numpy(twenty.labels).long(), reduction="none")
    np.testing.assert_array_equal(nll(log_p.numpy(), twenty.labels), expected.numpy())


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_each_loss_gives_one_float64_an_image(name: str, twenty: Predictions) -> None:
    losses = LOSSES[name](twenty.logits, twenty.labels)
    assert losses.shape == (500,)
    assert losses.dtype == np.float64


def test_class_weights_multiply_and_torchs_mean_divides_again(twenty: Predictions) -> None:
    weights = np.random.default_rng(0).uniform(0, 3, 20)
    ours = class_weighted(cross_entropy(twenty.logits, twenty.labels), twenty.labels, weights)
    logits, labels = torch.from_numpy(twenty.logits).double(), torch.from_numpy(twenty.labels)
    given = functional.cross_entropy(
        logits, labels.long(), torch.from_numpy(weights), reduction="none"
    )
    np.testing.assert_allclose(ours, given.numpy(), rtol=1e-12)
    renormalised = functional.cross_entropy(logits, labels.long(), torch.from_numpy(weights))
    assert renormalised.item() == pytest.approx(ours.mean() / weights[twenty.labels].mean())
