"""The one sheet of a page's pictures."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imagette.report.sheet import room_for, sheet_of


def tile(sheet, place):
    whole = np.asarray(Image.open(BytesIO(sheet.data)))
    row, column = divmod(place, sheet.columns)
    top, left = row * sheet.height, column * sheet.width
    return whole[top : top + sheet.height, left : left + sheet.width]


@pytest.mark.parametrize("channels", [1, 3])
def test_every_picture_stands_at_its_place(channels):
    images = np.random.default_rng(0).integers(0, 256, (7, 5, 4, channels)).astype(np.uint8)
    sheet = sheet_of(images)
    assert (sheet.columns, sheet.rows) == (3, 3)
    for place, image in enumerate(images):
        expected = image[..., 0] if channels == 1 else image
        np.testing.assert_array_equal(tile(sheet, place), expected)


def test_a_single_picture_is_a_sheet():
    sheet = sheet_of(np.full((1, 8, 8, 1), 9, np.uint8))
    assert (sheet.columns, sheet.rows) == (1, 1)
    assert (tile(sheet, 0) == 9).all()


def test_large_pictures_become_thumbnails_that_keep_their_shape():
    sheet = sheet_of(np.zeros((2, 200, 100, 3), np.uint8))
    assert (sheet.height, sheet.width) == (64, 32)


def test_a_full_sheet_of_noise_leaves_room_in_three_megabytes():
    count = room_for(32, 32)
    images = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
    smooth = images.repeat(4, 1).repeat(4, 2)
    sheet = sheet_of(smooth)
    assert sheet.media == "image/webp"
    assert len(sheet.data) * 4 / 3 < 2_500_000
