import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from imagette.data.affine import Affine
from imagette.data.augment import AlternatingFlip, Flip, Shift
from imagette.data.mixing import Mixup
from imagette.data.trivial import Trivial, tables_for
from imagette.engines.random import bits
from imagette.engines.with_jax.augment import lower_augmentation as lower_in_jax
from imagette.engines.with_torch.augment import lower_augmentation as lower_in_torch
from imagette.evaluate.losses import LOSSES


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


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_the_loss_of_mixed_images_is_that_of_both_labels_by_their_shares(engine, case, name, loss):
    # lambda L(z, y) + (1 - lambda) L(z, y rolled), arXiv 1710.09412 section 2, 1905.04899 eq. 1
    text = "conv 4 3x3\nrelu\nflatten\nlinear classes"
    still = {"name": "sgd", "rate": 0.0}
    made = case(text, augment=["flip", {"name": name}], loss=loss, optimiser=still, epochs=1)
    model = made.on(engine)
    _, losses, correct = made.advanced(model, model.start(made.first))
    flip, mixing = made.recipe.augment
    expected, right = [], []
    for plan in made.plans():
        for step, indices in enumerate(plan.indices):
            pictures = flip.apply(made.images[indices], plan.draws["0.flip"][step])
            draws = plan.draws[f"1.{name}"][step]
            logits = model.predict(made.first, mixing.apply(pictures, draws), 10)
            own = mixing.own_share(draws, (8, 8))
            labels = made.labels[indices]
            found = [LOSSES[loss](logits, y).mean() for y in (labels, np.roll(labels, 1))]
            expected.append(own * found[0] + (1 - own) * found[1])
            right.append(int((logits.argmax(1) == labels).sum()))
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    assert correct == right


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_the_engines_agree_on_mixed_images(case, agree, name):
    text = "conv 4 3x3 bias=no\nbatchnorm\nrelu\nmean\nlinear classes"
    agree(case(text, augment=["shift", {"name": name, "alpha": 0.5, "share": 0.7}]))


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_mixing_in_no_step_moves_no_bit(engine, case, name):
    losses = []
    for augment in (["flip"], ["flip", {"name": name, "share": 0.0}]):
        made = case("flatten\nlinear classes", augment=augment)
        model = made.on(engine)
        losses.append(made.advanced(model, model.start(made.first))[1])
    assert losses[0] == losses[1]


@pytest.mark.parametrize("channels", [1, 3])
def test_every_setting_of_the_policy_is_bit_equal(engine, channels):
    num_settings = len(tables_for((17, 20)).colour)
    shape = (num_settings, 17, 20, channels)
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    draws = np.arange(num_settings, dtype=np.int32)
    array, lower = arrays_of(engine)
    found = np.asarray(lower(Trivial())(array(images), array(draws)))
    np.testing.assert_array_equal(found, Trivial().apply(images, draws))


def test_images_that_are_no_bytes_are_mixed_without_rounding(engine):
    pixels = np.random.default_rng(0).uniform(0, 255, (6, 5, 5, 1)).astype(np.float32)
    draws = np.full(6, 100, np.int32)
    array, lower = arrays_of(engine)
    found = np.asarray(lower(Mixup())(array(pixels), array(draws)))
    expected = (100 * pixels + 156 * np.roll(pixels, 1, axis=0)) / 256
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_images_that_are_no_bytes_are_moved_without_rounding(engine):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 9, 1))
    draws = Affine().draw(draw, 1, np.arange(6, dtype=np.int32), (9, 9))
    array, lower = arrays_of(engine)
    found = np.asarray(lower(Affine())(array(pixels.astype(np.float32)), array(draws)))
    np.testing.assert_allclose(found, Affine().apply(pixels, draws), atol=0.51)
    np.testing.assert_allclose(found, Affine().apply(pixels.astype(np.float32), draws), rtol=1e-5)


def test_every_augmentation_stays_on_its_device(augmentation):
    images = torch.zeros((4, 12, 12, 3), dtype=torch.uint8, device="meta")
    draws = torch.from_numpy(augmentation.draw(draw, 1, np.arange(4, dtype=np.int32), (12, 12)))
    assert lower_in_torch(augmentation)(images, draws.to("meta")).device.type == "meta"


def test_no_augmentation_touches_what_is_evaluated(engine, case):  # 001-T3
    augment = ["flip", {"name": "cutout", "size": 64}, "trivial", "mixup"]
    text = "flatten\nlinear classes"
    changed, plain = (case(text, augment=chosen) for chosen in (augment, []))
    logits = [
        made.on(engine).predict(made.first, made.images, 10).tobytes() for made in (changed, plain)
    ]
    assert logits[0] == logits[1]


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
