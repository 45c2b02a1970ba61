from dataclasses import replace

import numpy as np
import pytest

from imagette.data.split import Split
from imagette.errors import UsageError
from imagette.run.checks import check_together
from imagette.run.prepare import prepare
from imagette.run.train import train_experiment
from imagette.train.events import Remark


def refusal(experiment, tmp_path):
    with pytest.raises(UsageError) as caught:
        list(train_experiment(experiment))
    assert not (tmp_path / "runs").exists()  # refused before anything is written
    return str(caught.value)


def test_a_stop_on_validation_needs_validation_images(experiment, tmp_path):
    own = experiment(data={"validation": 0}, recipe={"stopping": {"patience": 2}})
    assert refusal(own, tmp_path).startswith("recipe.stopping.figure is validation_loss, but data")


def test_a_shift_cannot_leave_the_picture(experiment, tmp_path):
    own = experiment(recipe={"augment": [{"name": "shift", "pixels": 28}]})
    assert "less than the picture's side, 28. Got pixels = 28" in refusal(own, tmp_path)


def test_a_batch_norm_of_features_refuses_an_image_alone_in_its_batch(experiment, tmp_path):
    text = "flatten\nlinear 8\nbatchnorm\nlinear classes"
    own = experiment(network={"text": text}, data={"limit": 33}, recipe={"batch": 32})
    assert refusal(own, tmp_path).startswith("batchnorm1 normalises over the batch, but one of 33")


def test_a_batch_has_no_more_parts_than_images(experiment, tmp_path):
    own = experiment(recipe={"accumulate": 65})
    assert refusal(own, tmp_path) == (
        "recipe.accumulate must be at most the images of a batch, 64. Got 65."
    )


def test_a_batch_norm_of_features_refuses_a_part_of_one_image(experiment, tmp_path):
    text = "flatten\nlinear 8\nbatchnorm\nlinear classes"
    own = experiment(network={"text": text}, recipe={"batch": 30, "accumulate": 16})
    message = refusal(own, tmp_path)
    assert "at batch 30 and recipe.accumulate = 16 would be alone" in message


def test_a_layer_cannot_take_a_name_that_checkpoints_use(experiment, tmp_path):
    own = experiment(network={"text": "flatten\nlinear classes name=moving"})
    assert refusal(own, tmp_path) == (
        "No weight may have a name that begins with opt. or moving., for checkpoints use these. "
        "Got moving.weight: call the layer otherwise."
    )


def test_the_loss_nll_needs_log_probabilities(experiment, tmp_path):
    message = refusal(experiment(recipe={"loss": "nll"}), tmp_path)
    assert "the network ends in linear1: end it with log_softmax, or take cross_entropy" in message


def test_a_softmax_before_cross_entropy_is_warned_about(experiment):  # 002-T1
    text = "flatten\nlinear classes\nsoftmax"
    own = experiment(network={"text": text}, recipe={"epochs": 1})
    remarks = [event.text for event in train_experiment(own) if isinstance(event, Remark)]
    assert remarks[0].startswith("softmax1 comes before cross_entropy, which has its own softmax")


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_mixing_needs_a_neighbour_in_the_batch(experiment, tmp_path, name):
    message = refusal(experiment(recipe={"augment": [name], "batch": 1}), tmp_path)
    assert message.startswith(f"recipe.augment: {name} mixes an image with its neighbour in the")
    assert message.endswith("Got recipe.batch = 1: take 2 or more, or leave it out.")


def test_mixing_needs_two_classes(experiment):
    prepared = prepare(experiment(recipe={"augment": ["mixup"]}))
    train = prepared.dataset.train
    alike = Split(train.images, np.zeros(len(train), np.int32))
    alone = replace(prepared, dataset=replace(prepared.dataset, train=alike))
    assert check_together(prepared) == ()
    with pytest.raises(
        UsageError, match=r"^recipe.augment: mixup mixes the labels of different cl"
    ):
        check_together(alone)


def test_a_network_that_nothing_can_train_is_refused(experiment, tmp_path):
    own = experiment(network={"text": "conv classes 3x3 frozen=yes bias=no\nmean"})
    assert refusal(own, tmp_path).startswith("the network has no trainable weight, so there is")
