"""Every operation against Pillow's, or against its definition, pixel by pixel."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from imagette.data.trivial import OPERATIONS, STRENGTHS, Trivial, setting_of, tables_for
from imagette.engines.random import bits

HEIGHT, WIDTH = 30, 32
PICTURE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
PIL = Image.fromarray(PICTURE)
STRONG, HALF = STRENGTHS - 1, (STRENGTHS - 1) // 2


def changed(operation, strength, sign=0, picture=PICTURE):
    setting = setting_of(OPERATIONS.index(operation), strength, sign)
    return Trivial().apply(picture[None], np.array([setting], np.int32))[0]


def affine(*coefficients):
    """Pillow's nearest neighbours; coefficients from output (x, y) to input (x, y)."""
    resample = Image.Resampling.NEAREST
    return np.asarray(
        PIL.transform((WIDTH, HEIGHT), Image.Transform.AFFINE, coefficients, resample)
    )


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("sign", [0, 1])
def test_no_strength_changes_nothing(operation, sign):
    np.testing.assert_array_equal(changed(operation, 0, sign), PICTURE)


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("strength", [HALF, STRONG])
def test_brightness_and_colour_are_pillows_to_a_rounding(strength, sign):
    factor = 1 + (1 - 2 * sign) * 0.99 * strength / STRONG
    enhancers = {"brightness": ImageEnhance.Brightness, "colour": ImageEnhance.Color}
    for operation, enhancer in enhancers.items():
        expected = np.asarray(enhancer(PIL).enhance(factor), np.int32)
        found = changed(operation, strength, sign)
        assert np.abs(found - expected).max() <= 2, operation


@pytest.mark.parametrize("strength", range(STRENGTHS))
def test_solarize_and_posterize_are_pillows(strength):
    expected = ImageOps.posterize(PIL, 8 - round(6 * strength / STRONG))
    np.testing.assert_array_equal(changed("posterize", strength, 1), expected)
    threshold = 256 * (1 - strength / STRONG)
    np.testing.assert_array_equal(changed("solarize", strength), ImageOps.solarize(PIL, threshold))


@pytest.mark.parametrize("sign", [0, 1])
def test_contrast_is_about_middle_grey(sign):
    factor = 1 + (1 - 2 * sign) * 0.99
    exact = (128 + factor * (PICTURE.astype(float) - 128)).clip(0, 255)
    assert np.abs(changed("contrast", STRONG, sign) - exact).max() <= 0.5


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("strength", [4, HALF, STRONG])
def test_moves_are_pillows_about_the_centre(strength, sign):
    amount = (1 - 2 * sign) * strength / STRONG
    shear = 0.99 * amount
    radians = np.deg2rad(135 * amount)
    cos, sin = np.cos(radians), np.sin(radians)
    x, y = WIDTH / 2, HEIGHT / 2
    expected = {
        "shear_x": affine(1, shear, -shear * y, 0, 1, 0),
        "shear_y": affine(1, 0, 0, shear, 1, -shear * x),
        "translate_x": affine(1, 0, amount * WIDTH, 0, 1, 0),
        "translate_y": affine(1, 0, 0, 0, 1, amount * HEIGHT),
        "rotate": affine(cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y),
    }
    for operation, picture in expected.items():
        same = (changed(operation, strength, sign) == picture).all(axis=2).mean()
        assert same > 0.98, operation  # a source half-way between two pixels may go to either


def test_a_grey_picture_has_no_colour_to_change():
    grey = PICTURE[..., :1]
    np.testing.assert_array_equal(changed("colour", STRONG, 1, grey), grey)


def test_settings_are_drawn_evenly():
    count = 110_000
    order = np.arange(count, dtype=np.int32)
    draws = Trivial().draw(lambda *key: bits(0, *key), 1, order, (HEIGHT, WIDTH))
    operations, counts = np.unique(draws // (2 * STRENGTHS), return_counts=True)
    assert len(operations) == len(OPERATIONS) == 11
    assert np.abs(counts / count - 1 / 11).max() < 0.004
    strengths, counts = np.unique(draws // 2 % STRENGTHS, return_counts=True)
    assert len(strengths) == STRENGTHS
    assert np.abs(counts / count - 1 / STRENGTHS).max() < 0.004


def test_the_tables_hold_every_setting():
    tables = tables_for((HEIGHT, WIDTH))
    assert {len(table) for table in tables} == {11 * 31 * 2}
