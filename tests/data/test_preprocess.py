import json

import numpy as np
import pytest

from imagette.data.preprocess import Preprocess, preprocess_of
from imagette.data.spec import DataSpec, Normalise
from imagette.data.split import Split
from imagette.errors import DataError, UsageError


def split_of(images):
    return Split(images, np.zeros(len(images), np.int32))


def test_preprocessed_training_images_have_mean_0_and_deviation_1(images):
    # 003-05
    pictures = images(50, channels=3)
    found = preprocess_of(DataSpec(), split_of(pictures)).apply(pictures)
    assert found.dtype == np.float32
    assert np.allclose(found.mean(axis=(0, 2, 3)), 0, atol=1e-6)
    assert np.allclose(found.std(axis=(0, 2, 3)), 1, atol=1e-6)


def test_height_and_width_are_not_swapped(images):
    # 003-08
    pictures = images(3, height=4, width=5, channels=3)
    found = Preprocess((0.0,) * 3, (1.0,) * 3).apply(pictures)
    assert found.shape == (3, 3, 4, 5)
    assert np.isclose(found[1, 2, 3, 4], pictures[1, 3, 4, 2] / 255)


def test_none_scales_to_one_alone(images):
    # 003-18, 002-04
    found = preprocess_of(DataSpec(normalise="none"), split_of(images(2)))
    assert found == Preprocess((0.0,), (1.0,))


def test_given_figures_are_used_as_they_are(images):
    half = Normalise(mean=(0.5,) * 3, deviation=(0.5,) * 3)
    found = preprocess_of(DataSpec(normalise=half), split_of(images(2, channels=3)))
    assert found == Preprocess((0.5,) * 3, (0.5,) * 3)


def test_figures_for_other_channels_are_refused(images):
    half = Normalise(mean=(0.5,) * 3, deviation=(0.5,) * 3)
    with pytest.raises(UsageError, match=r"for each of the 1 channels. Got 3"):
        preprocess_of(DataSpec(normalise=half), split_of(images(2)))


def test_a_channel_that_never_varies_is_refused():
    black = np.zeros((2, 3, 3, 1), np.uint8)
    with pytest.raises(DataError, match=r"^Channel 0 is the same .* data.normalise = 'none'.$"):
        preprocess_of(DataSpec(), split_of(black))


def test_it_survives_json_to_the_bit(images):

    made = preprocess_of(DataSpec(), split_of(images(7, channels=3)))
    assert Preprocess.from_json(json.loads(json.dumps(made.as_json()))) == made
