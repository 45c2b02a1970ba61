import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from imagette.data.augment import AlternatingFlip, Flip, Shift
from imagette.engines.random import bits
from imagette.engines.with_jax.augment import lower_augmentation as lower_in_jax
from imagette.engines.with_torch.augment import lower_augmentation as lower_in_torch


def draw(purpose, epoch, count):
    return bits(0, purpose, epoch, count)


def arrays_of(engine):
    """From NumPy to an engine's arrays, and its lowering of an augmentation."""
    if engine == "torch":
        return torch.from_numpy, lower_in_torch
    return jnp.asarray, lambda spec: jax.jit(lower_in_jax(spec))


@pytest.mark.parametrize("shape", [(64, 28, 28, 1), (64, 32, 24, 3)])
def test_an_engine_equals_the_numpy_reference_bit_for_bit(engine, augmentation, shape):  # 001-35
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    order = np.arange(len(images), dtype=np.int32)
    draws = augmentation.draw(draw, 1, order, shape[1:3])
    array, lower = arrays_of(engine)
    changed = np.asarray(lower(augmentation)(array(images), array(draws)))
    assert changed.dtype == np.uint8
    np.testing.assert_array_equal(changed, augmentation.apply(images, draws))


def test_every_augmentation_has_a_row_here(engine, lowerings, augmentations):
    assert {type(spec) for spec in augmentations} == set(lowerings(engine, "augment", "_LOWERINGS"))


def test_every_augmentation_stays_on_its_device(augmentation):
    images = torch.zeros((4, 12, 12, 3), dtype=torch.uint8, device="meta")
    draws = torch.from_numpy(augmentation.draw(draw, 1, np.arange(4, dtype=np.int32), (12, 12)))
    assert lower_in_torch(augmentation)(images, draws.to("meta")).device.type == "meta"


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
