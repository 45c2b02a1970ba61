from math import log

import numpy as np
import pytest

from imagette.evaluate.losses import cross_entropy, mse, nll
from imagette.recipe.losses import MSE, NLL, CrossEntropy
from imagette.recipe.own import OwnLoss
from imagette.run.chance import Chance, chance_of
from imagette.train.measure import loss_of

LABELS = np.repeat(np.arange(3, dtype=np.int32), [6, 3, 1])
SHARES = np.array([0.6, 0.3, 0.1])


def test_ten_equal_classes_are_a_tenth_and_ln_10():
    chance = chance_of(np.arange(100) % 10, 10, CrossEntropy())
    assert (chance.accuracy, chance.loss) == (pytest.approx(0.1), pytest.approx(log(10)))


@pytest.mark.parametrize(
    ("spec", "loss", "outputs"),
    [
        (CrossEntropy(), cross_entropy, np.log(SHARES)),
        (NLL(), nll, np.log(SHARES)),
        (MSE(), mse, SHARES),
    ],
    ids=["cross_entropy", "nll", "mse"],
)
def test_the_loss_at_chance_is_that_of_the_best_constant_output(spec, loss, outputs):
    constant = np.tile(outputs, (10, 1))
    chance = chance_of(LABELS, 3, spec)
    assert chance == Chance(0.6, pytest.approx(loss(constant, LABELS).mean()))


def test_smoothed_targets_have_a_chance_of_their_own():
    best = np.tile(np.log(0.9 * SHARES + 0.1 / 3), (10, 1))
    expected = cross_entropy(best, LABELS, label_smoothing=0.1).mean()
    assert chance_of(LABELS, 3, CrossEntropy(label_smoothing=0.1)).loss == pytest.approx(expected)


def test_a_class_without_images_is_no_nan():
    assert chance_of(np.zeros(4, np.int32), 2, CrossEntropy()) == Chance(1.0, 0.0)


def test_a_loss_of_ones_own_has_no_known_chance():
    assert chance_of(LABELS, 3, OwnLoss(python="mine.py:focal")) == Chance(0.6, None)


@pytest.mark.parametrize("kind", [CrossEntropy, NLL, MSE])
def test_chance_of_a_weighted_loss_is_the_best_constant_answer(kind):
    weights = (0.5, 2.0, 3.0)
    shares = SHARES * weights
    best = shares / shares.sum()
    answer = best if kind is MSE else np.log(best)
    answers = np.tile(answer.astype(np.float32), (len(LABELS), 1))
    loss = kind(class_weights=weights)
    expected = loss_of(loss)(answers, LABELS).mean()
    assert chance_of(LABELS, 3, loss).loss == pytest.approx(expected, rel=1e-6)
