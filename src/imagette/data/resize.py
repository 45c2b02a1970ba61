"""Pictures made larger, smaller or cut out, all of a split alike."""

import numpy as np

from imagette.arrays import Images
from imagette.data.split import Split
from imagette.data.streamed import stored
from imagette.errors import UsageError


def resized(split: Split, height: int, width: int | None = None) -> Split:
    """Every image scaled to `height` x `width` pixels (a square without `width`).

    Bilinear, averaged over all covered pixels when shrinking (Pillow's `resize`).

    >>> digits = Split(np.zeros((3, 28, 28, 1), np.uint8), np.zeros(3, np.int32))
    >>> resized(digits, 32).images.shape
    (3, 32, 32, 1)
    """
    from PIL import Image

    width = _width(height, width)
    _, _, _, channels = split.images.shape
    made = np.empty((len(split), height, width, channels), np.uint8)
    for image, target in zip(stored(split.images), made, strict=True):
        for channel in range(channels):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            scaled = plane.resize((width, height), Image.Resampling.BILINEAR)
            target[..., channel] = np.asarray(scaled)
    return Split(made, split.labels)


def cropped(split: Split, height: int, width: int | None = None) -> Split:
    """The middle `height` x `width` pixels of every image (a square without `width`).

    Of an odd remainder the lower right edge loses one pixel more. Raises UsageError for a piece
    that is larger than the images.

    >>> digits = Split(np.zeros((3, 28, 28, 1), np.uint8), np.zeros(3, np.int32))
    >>> cropped(digits, 20, 24).images.shape
    (3, 20, 24, 1)
    """
    width = _width(height, width)
    rows, columns = split.images.shape[1:3]
    if height > rows or width > columns:
        raise UsageError(
            f"A crop must lie within the images, {rows} x {columns} (height x width). "
            f"Got {height} x {width}: use resized, or a smaller piece."
        )
    top, left = (rows - height) // 2, (columns - width) // 2
    piece: Images = stored(split.images)[:, top : top + height, left : left + width]
    return Split(piece, split.labels)


def _width(height: int, width: int | None) -> int:
    width = height if width is None else width
    if height < 1 or width < 1:
        raise UsageError(f"Height and width must be at least 1. Got {height} x {width}.")
    return width
