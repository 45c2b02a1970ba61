import numpy as np
import pytest
import torch

from imagette.errors import UsageError
from imagette.evaluate.losses import cross_entropy
from imagette.experiment import check
from imagette.recipe.class_weights import settled_loss
from imagette.recipe.losses import NLL, CrossEntropy
from imagette.train.measure import loss_of

NAMES = ("cat", "dog", "fox")
LABELS = np.repeat(np.arange(3, dtype=np.int32), [6, 3, 1])


def settled(weights, labels=LABELS):
    return settled_loss(CrossEntropy(class_weights=weights), labels, NAMES)


def test_balanced_weights_give_every_class_the_same_share():
    weights = np.array(settled("balanced").class_weights)
    np.testing.assert_allclose(np.bincount(LABELS, weights[LABELS]), [10 / 3] * 3)
    assert weights[LABELS].mean() == pytest.approx(1)


def test_over_the_training_set_balanced_is_torchs_renormalised_mean():
    # Over all training images the weights add up to their number, so both definitions meet.
    logits = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    loss = settled("balanced")
    expected = torch.nn.CrossEntropyLoss(torch.tensor(loss.class_weights))(
        torch.from_numpy(logits), torch.from_numpy(LABELS).long()
    )
    assert loss_of(loss)(logits, LABELS).mean() == pytest.approx(expected.item(), rel=1e-6)


def test_weights_of_1_change_nothing():
    logits = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    expected = cross_entropy(logits, LABELS)
    np.testing.assert_array_equal(loss_of(settled((1, 1.0, 1)))(logits, LABELS), expected)


def test_a_loss_without_weights_stays_as_it_is():
    assert settled_loss(NLL(), LABELS, NAMES) == NLL()


def test_a_wrong_number_of_weights_gets_one_line():
    with pytest.raises(UsageError) as caught:
        settled((1.0, 2.0))
    assert str(caught.value) == (
        "recipe.loss.class_weights must have one weight for each of the 3 classes, in their order. "
        "Got 2."
    )


def test_a_class_without_images_cannot_be_balanced():
    with pytest.raises(UsageError) as caught:
        settled("balanced", LABELS[:9])
    assert str(caught.value) == (
        "recipe.loss.class_weights = 'balanced' needs a training image of every class; there is "
        "none of fox. Give the weights as a list."
    )


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -1], "'recipe.loss.class_weights': class weights must be numbers from 0, "),
        (
            [0, 0.0],
            "'recipe.loss.class_weights': class weights must be numbers from 0, not all of ",
        ),
        (
            [],
            "'recipe.loss.class_weights': class weights must be numbers from 0, not all of them 0",
        ),
        ("even", "'recipe.loss.class_weights' must be a list or 'balanced'. Got 'even'."),
    ],
)
def test_wrong_weights_get_one_line(weights, message):
    with pytest.raises(UsageError) as caught:
        check({"recipe": {"loss": {"name": "mse", "class_weights": weights}}}, "x")
    assert str(caught.value).startswith(f"x: {message}")


def test_a_key_one_table_too_high_is_told_where_it_belongs():  # 004-12
    with pytest.raises(UsageError) as caught:
        check({"recipe": {"class_weights": "balanced"}}, "x")
    told = "x: unknown key 'recipe.class_weights'. Did you mean 'recipe.loss.class_weights'?"
    assert str(caught.value) == told
