import numpy as np
import pytest
import torch

from imagette.data.augment import AlternatingFlip, Cutout, Flip, Shift
from imagette.engines.random import bits
from imagette.engines.with_torch.augment import lower_augmentation

SPECS = [
    Flip(),
    Flip(share=0.0),
    Flip(share=1.0),
    AlternatingFlip(),
    Shift(pixels=3),
    Shift(pixels=4, edge="reflect"),
    Cutout(size=5, fill=7),
    Cutout(size=20),
]


def draw(purpose, epoch, count):
    return bits(0, purpose, epoch, count)


@pytest.mark.parametrize("spec", SPECS, ids=repr)
@pytest.mark.parametrize("shape", [(64, 28, 28, 1), (64, 32, 24, 3)])
def test_torch_equals_the_numpy_reference_bit_for_bit(spec, shape):  # 001-35
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    order = np.arange(len(images), dtype=np.int32)
    draws = spec.draw(draw, 1, order, shape[1:3])
    lowered = lower_augmentation(spec)(torch.from_numpy(images), torch.from_numpy(draws))
    np.testing.assert_array_equal(lowered.numpy(), spec.apply(images, draws))


@pytest.mark.parametrize("spec", SPECS, ids=repr)
def test_every_augmentation_stays_on_its_device(spec):
    images = torch.zeros((4, 12, 12, 3), dtype=torch.uint8, device="meta")
    draws = torch.from_numpy(spec.draw(draw, 1, np.arange(4, dtype=np.int32), (12, 12)))
    assert lower_augmentation(spec)(images, draws.to("meta")).device.type == "meta"


def test_a_flip_mirrors_left_and_right():  # 003-08
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3, 1)
    assert Flip().apply(image, np.array([True]))[0, :, :, 0].tolist() == [[2, 1, 0], [5, 4, 3]]


def test_an_alternating_flip_shows_each_image_both_ways_in_two_epochs():
    order = np.array([3, 1, 0, 2], np.int32)
    first = dict(zip(order, AlternatingFlip().draw(draw, 1, order, (8, 8)), strict=True))
    other = np.array([0, 1, 2, 3], np.int32)
    second = dict(zip(other, AlternatingFlip().draw(draw, 2, other, (8, 8)), strict=True))
    assert all(first[image] != second[image] for image in range(4))


def test_a_shift_of_pad_4_crop_32_moves_the_image():  # 001-35
    image = np.zeros((1, 32, 32, 1), np.uint8)
    image[0, 16, 16] = 255
    moved = Shift(pixels=4).apply(image, np.array([[0, 8]]))
    assert np.argwhere(moved[0, :, :, 0]).tolist() == [[20, 12]]


def test_shifts_take_every_offset_equally_often():
    draws = Shift(pixels=1).draw(draw, 1, np.arange(9000, dtype=np.int32), (8, 8))
    _, counts = np.unique(draws, axis=0, return_counts=True)
    assert len(counts) == 9
    assert counts.min() > 850


def test_every_epoch_draws_anew():
    order = np.arange(100, dtype=np.int32)
    assert (Flip().draw(draw, 1, order, (8, 8)) != Flip().draw(draw, 2, order, (8, 8))).any()
