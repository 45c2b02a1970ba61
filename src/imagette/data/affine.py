"""Small turns, zooms, shears and moves of each image, read between pixels by integers alone."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from imagette.arrays import Images, Size
from imagette.spec import Spec
from imagette.words import Bits, Order, uniform

UNIT = 1 << 16  # of the coefficients that say where a pixel comes from
PARTS = 1 << 8  # of the way from one pixel to the next


class Affine(Spec):
    """Turns, zooms, shears and moves each image a little, each by an amount drawn evenly.

    `turn` is in degrees and `zoom` and `shear` are shares, all up to so much either way; `move` is
    in pixels, down or up and along, whole or not. Pixels are read by bilinear interpolation about
    the centre; what comes from outside is black. Draws int32 [N,2,3]: pixel (r, c) comes from row
    `(D[0,0] r + D[0,1] c + D[0,2]) / 65536`, and from the column that `D[1]` gives likewise.
    Source: Simard, Steinkraus and Platt, 2003, section 2 (https://doi.org/10.1109/ICDAR.2003.1227801).

    >>> image = np.array([[[[0], [0], [200], [0], [0]]]], np.uint8)  # one row of five pixels
    >>> half_a_pixel = np.array([[[65536, 0, 0], [0, 65536, 32768]]], np.int32)
    >>> Affine().apply(image, half_a_pixel).ravel().tolist()
    [0, 100, 100, 0, 0]
    """

    name: Literal["affine"] = "affine"
    turn: float = Field(10.0, ge=0, le=180)
    zoom: float = Field(0.1, ge=0, lt=1)
    shear: float = Field(0.1, ge=0, lt=1)
    move: float = Field(2.0, ge=0)

    def draw(self, bits: Bits, epoch: int, order: Order, size: Size) -> NDArray[Any]:
        most = np.array([self.turn, self.zoom, self.shear, self.move, self.move])
        words = bits("affine", epoch, len(most) * len(order)).reshape(-1, len(most))
        turn, zoom, shear, *move = ((2 * uniform(words) - 1) * most).T
        cosine, sine = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
        turned = np.stack([cosine, -sine, sine, cosine], axis=1).reshape(-1, 2, 2)
        sheared = np.stack([np.ones_like(shear), 0 * shear, shear, np.ones_like(shear)], axis=1)
        linear = turned @ sheared.reshape(-1, 2, 2) / (1 + zoom)[:, None, None]
        centre = (np.array(size) - 1) / 2
        constant = centre - linear @ centre + np.stack(move, axis=1)
        coefficients = np.concatenate([linear, constant[:, :, None]], axis=2)
        draws: NDArray[np.int32] = np.rint(UNIT * coefficients).astype(np.int32)
        return draws

    def apply(self, images: Images, draws: NDArray[Any]) -> Images:
        return np.stack([_moved(image, draw) for image, draw in zip(images, draws, strict=True)])


def _moved(image: NDArray[Any], draw: NDArray[np.int32]) -> NDArray[Any]:
    height, width, channels = image.shape
    places = np.indices((height, width)).reshape(2, -1)
    exact = draw[:, :2].astype(np.int64) @ places + draw[:, 2:]
    (row, column), (down, along) = exact >> 16, exact % UNIT // PARTS
    whole = np.issubdtype(image.dtype, np.integer)
    framed = np.pad(image.astype(np.int64 if whole else image.dtype), ((1, 1), (1, 1), (0, 0)))
    summed = np.zeros((height * width, channels), framed.dtype)
    for step_down, step_along in np.ndindex(2, 2):
        rows = (row + step_down).clip(-1, height) + 1  # of what is black all around
        columns = (column + step_along).clip(-1, width) + 1
        share = abs(1 - step_down - down / PARTS) * abs(1 - step_along - along / PARTS) * UNIT
        summed += framed[rows, columns] * share.astype(framed.dtype)[:, None]
    mixed = (summed + UNIT // 2) >> 16 if whole else summed / UNIT
    return mixed.astype(image.dtype).reshape(image.shape)
