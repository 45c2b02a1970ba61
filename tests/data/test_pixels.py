import numpy as np
import pytest
import torch
from PIL import Image

from imagette.data.pixels import image_of, images_of, label_of, labels_of
from imagette.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("shape", "of_array", "of_tensor"),
    [
        ((28, 20), (28, 20, 1), (28, 20, 1)),
        ((28, 20, 3), (28, 20, 3), (28, 20, 3)),
        ((3, 28, 20), (28, 20, 3), (28, 20, 3)),
        ((1, 28, 3), (1, 28, 3), (28, 3, 1)),
        ((3, 28, 1), (3, 28, 1), (28, 1, 3)),
    ],
)
def test_axes_are_read_by_one_rule_and_never_swapped(shape, of_array, of_tensor):
    # 003-08
    pixels = np.arange(np.prod(shape)).astype(np.uint8).reshape(shape)
    assert image_of(pixels, "it").shape == of_array
    assert image_of(torch.from_numpy(pixels), "it").shape == of_tensor
    assert images_of(pixels[np.newaxis], "they").shape == (1, *of_array)
    assert images_of(torch.from_numpy(pixels)[None], "they").shape == (1, *of_tensor)


def test_channels_first_becomes_channels_last_pixel_by_pixel(images):
    # 003-08
    image = images(1, channels=3)[0]
    assert np.array_equal(image_of(image.transpose(2, 0, 1), "it"), image)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_byte_survives_as_a_float(dtype):
    # 002-04
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(image_of(image.astype(dtype) / dtype(255), "it")[..., 0], image)


def test_a_tensor_that_wants_a_gradient_is_read():
    tensor = torch.ones(1, 2, 2, requires_grad=True)
    assert image_of(tensor, "it").ravel().tolist() == [255] * 4


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("1", 1), ("RGB", 3), ("P", 3)])
def test_pictures_of_pillow_are_converted_by_the_folders_rules(mode, channels):
    # 004-14
    assert image_of(Image.new(mode, (20, 28)), "it").shape == (28, 20, channels)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4), np.int64), "uint8, or floats from 0 to 1. Got int64: scale to 0..255"),
        (np.full((4, 4), -0.5), "Got -0.5 to 0: leave mean and deviation to data.normalise"),
        (np.full((4, 4), 255.0), "floats from 0 to 1. Got 1 to 255: leave mean"),
        (np.full((4, 4), np.nan), "floats from 0 to 1. Got nan to nan"),
        (np.full((4, 4), 0.5), r"bytes cannot hold exactly \(0.5 is not k/255\). Give uint8"),
        (np.zeros(16, np.uint8), r"\[H,W\], \[H,W,C\] or \[C,H,W\] with C 1 or 3. Got uint8 \[16"),
        (np.zeros((4, 4, 2), np.uint8), r"with C 1 or 3. Got uint8 \[4, 4, 2\]"),
        (None, r"Got object \[\]"),
    ],
)
def test_an_image_that_bytes_cannot_hold_gets_one_line(image, message):
    # 004-14
    with pytest.raises(DataError, match=message) as refused:
        image_of(image, "Item 3 of 'mine.py:Set'")
    assert str(refused.value).startswith("Item 3 of 'mine.py:Set' ")
    assert "\n" not in str(refused.value)


def test_what_is_no_array_is_told_in_one_line():
    with pytest.raises(UsageError, match=r"^It cannot be read as an array: ValueError: .* shape"):
        image_of([[1], [1, 2]], "It")


@pytest.mark.parametrize("value", [3, np.int64(3), np.array(3), torch.tensor(3)])
def test_a_label_is_any_whole_number(value):
    assert label_of(value, "it") == 3


@pytest.mark.parametrize(
    ("value", "shown"), [("cat", "'cat'"), (1.0, "1.0"), (None, "None"), ([0, 1], r"\[0, 1\]")]
)
def test_a_label_that_is_no_whole_number_is_named(value, shown):
    with pytest.raises(DataError, match=f"It must have a whole number .* label. Got {shown}"):
        label_of(value, "It")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0, 1], r"one for each of the 3 images. Got int64 \[2\]"),
        ([0.0, 1.0, 2.0], r"Got float64 \[3\]"),
        ([0, 1, 2**40], "They has labels that are not class numbers"),
    ],
)
def test_labels_that_do_not_fit_are_told(values, message):
    with pytest.raises(DataError, match=message):
        labels_of(values, 3, "They")


def test_a_column_of_labels_is_understood():
    assert labels_of(np.array([[1], [0]]), 2, "they").tolist() == [1, 0]
