"""The one sheet of a page's pictures: small images side by side in one file."""

from collections.abc import Sequence
from io import BytesIO
from math import ceil, isqrt

import numpy as np
from PIL import Image

from imagette.arrays import Images
from imagette.report.blocks import Sheet

LARGEST_SIDE = 64
"""Pixels; larger pictures are made smaller, for they are thumbnails here."""
MOST_PIXELS = 1_300_000
"""Of a sheet: some 1.2 MB of natural pictures, so that the page stays under 3 MB."""

_LOSSLESS = 100_000  # pixels up to which nothing is lost
_QUALITY = 82


def room_for(height: int, width: int) -> int:
    """How many pictures of that size a sheet holds.

    >>> room_for(32, 32)
    1269
    """
    height, width = _shown(height, width)
    return MOST_PIXELS // (height * width)


def sheet_of(images: Images) -> Sheet:
    """Images uint8 [N,H,W,C], C 1 or 3, N at least 1, row by row in a nearly square sheet."""
    count, height, width, _ = images.shape
    shown = _shown(height, width)
    columns = isqrt(count - 1) + 1
    rows = ceil(count / columns)
    tiles = np.zeros((rows * columns, *shown, images.shape[3]), np.uint8)
    tiles[:count] = images if shown == (height, width) else _smaller(images, shown)
    wide = tiles.reshape(rows, columns, *tiles.shape[1:]).swapaxes(1, 2)
    whole = wide.reshape(rows * shown[0], columns * shown[1], -1)
    picture = Image.fromarray(whole[..., 0] if whole.shape[2] == 1 else whole)
    data = BytesIO()
    if whole.shape[0] * whole.shape[1] <= _LOSSLESS:
        picture.save(data, "PNG", optimize=True)
        return Sheet(data.getvalue(), "image/png", columns, rows, shown[1], shown[0])
    picture.save(data, "WEBP", quality=_QUALITY, method=4)
    return Sheet(data.getvalue(), "image/webp", columns, rows, shown[1], shown[0])


def _shown(height: int, width: int) -> tuple[int, int]:
    most = max(height, width)
    if most <= LARGEST_SIDE:
        return height, width
    scale = LARGEST_SIDE / most
    return max(1, round(height * scale)), max(1, round(width * scale))


def _smaller(images: Images, shown: Sequence[int]) -> Images:
    height, width = shown
    made = []
    for image in images:
        whole = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        smaller = np.asarray(whole.resize((width, height), Image.Resampling.LANCZOS))
        made.append(smaller.reshape(height, width, -1))
    return np.stack(made)
