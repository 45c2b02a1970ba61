"""Moves against Pillow's, and draws against what they are said to be."""

import numpy as np
import pytest
from PIL import Image

from imagette.data.affine import UNIT, Affine
from imagette.engines.random import bits

HEIGHT, WIDTH = 30, 24
PICTURE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def drawn(count=1, size=(HEIGHT, WIDTH), **amounts):
    spec = Affine(**{"turn": 0, "zoom": 0, "shear": 0, "move": 0, **amounts})
    return spec.draw(lambda *key: bits(0, *key), 1, np.arange(count, dtype=np.int32), size)


def by_pillow(draw):
    """Pillow counts from the corners of pixels, along first."""
    (a, b, c), (d, e, f) = draw / UNIT
    shift = [0.5 + f - (d + e) / 2, 0.5 + c - (a + b) / 2]
    coefficients = (e, d, shift[0], b, a, shift[1])
    resample = Image.Resampling.BILINEAR
    shape = (WIDTH, HEIGHT)
    return np.asarray(
        Image.fromarray(PICTURE).transform(shape, Image.Transform.AFFINE, coefficients, resample)
    )


@pytest.mark.parametrize("kind", ["turn", "zoom", "shear", "move"])
def test_no_amount_changes_nothing(kind):
    np.testing.assert_array_equal(Affine().apply(PICTURE[None], drawn())[0], PICTURE)
    assert (drawn(**{kind: 0.5}) != drawn()).any()


@pytest.mark.parametrize(
    "amounts", [{"turn": 40}, {"zoom": 0.4}, {"shear": 0.5}, {"move": 5}], ids=str
)
def test_moves_are_pillows_inside_the_picture(amounts):
    draws = drawn(8, **amounts)
    for draw, found in zip(draws, Affine().apply(PICTURE[None].repeat(8, 0), draws), strict=True):
        # Pillow repeats the border by half a pixel, where ours grows dark: inside they must agree.
        places = draw[:, :2] @ np.indices((HEIGHT, WIDTH)).reshape(2, -1) + draw[:, 2:]
        row, column = places / UNIT
        inside = (row >= 0) & (row <= HEIGHT - 1) & (column >= 0) & (column <= WIDTH - 1)
        assert inside.sum() > 200
        differences = np.abs(found.astype(int) - by_pillow(draw)).reshape(-1, 3)[inside]
        assert differences.max() <= 3  # of 256 parts of the way from one pixel to the next


def test_amounts_are_drawn_evenly_up_to_so_much_either_way():
    linear = drawn(20_000, turn=30)[:, :, :2] / UNIT
    turns = np.rad2deg(np.arctan2(linear[:, 1, 0], linear[:, 0, 0]))
    assert np.abs(np.histogram(turns, 10, (-30, 30))[0] / 20_000 - 0.1).max() < 0.01
    zooms = 1 / (drawn(20_000, zoom=0.2)[:, 0, 0] / UNIT)
    assert np.abs(np.histogram(zooms, 10, (0.8, 1.2))[0] / 20_000 - 0.1).max() < 0.01
    moves = drawn(20_000, move=3)[:, :, 2] / UNIT
    assert np.abs(np.histogram(moves, 10, (-3, 3))[0] / 40_000 - 0.1).max() < 0.01


def test_the_centre_stays_where_nothing_is_moved():
    for size in [(5, 7), (8, 8)]:
        centre = np.append((np.array(size) - 1) / 2, 1)
        draws = drawn(50, size, turn=180, zoom=0.5, shear=0.5)
        found = draws @ centre / UNIT
        np.testing.assert_allclose(found, np.tile(centre[:2], (50, 1)), atol=1e-3)
