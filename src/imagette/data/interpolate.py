"""Resizing as two products with small matrices, the same in NumPy and on every engine."""

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Size

Matrix = NDArray[np.float32]


def interpolation(source: int, target: int) -> Matrix:
    """The matrix [target, source] that resizes a row of `source` pixels to `target`.

    Bilinear between the centres of pixels; where it shrinks, the triangle is as much wider, so
    that every pixel has its share: what Pillow does, and torch with `antialias`. Rows sum to 1.

    >>> interpolation(4, 2).tolist()
    [[0.42857..., 0.42857..., 0.14285..., 0.0], [0.0, 0.14285..., 0.42857..., 0.42857...]]
    """
    scale = source / target
    reach = max(scale, 1.0)
    centres = (np.arange(target) + 0.5) * scale
    distance = np.abs(np.arange(source) + 0.5 - centres[:, None]) / reach
    weights = np.maximum(0.0, 1.0 - distance)
    matrix: Matrix = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return matrix


def resizing(size: Size, target: Size, channels: int) -> tuple[Matrix, Matrix]:
    """Two matrices for pictures [B,H,W,C] to [B,h,w,C], each for one product.

    `rows` [h,H] goes before [B,H,W*C], `columns` [W*C,w*C] after [B*h,W*C].
    """
    (height, width), (new_height, new_width) = size, target
    columns = np.kron(interpolation(width, new_width).T, np.eye(channels, dtype=np.float32))
    return interpolation(height, new_height), columns


def resized_batch(pixels: NDArray[np.float32], target: Size) -> NDArray[np.float32]:
    """Pictures [B,H,W,C] to [B,h,w,C]: the reference of what engines do on their device.

    >>> resized_batch(np.ones((2, 8, 8, 3), np.float32), (4, 6)).shape
    (2, 4, 6, 3)
    """
    num_images, height, width, channels = pixels.shape
    rows, columns = resizing((height, width), target, channels)
    lower: NDArray[np.float32] = rows @ pixels.reshape(num_images, height, width * channels)
    resized: NDArray[np.float32] = lower @ columns
    return resized.reshape(num_images, *target, channels)
