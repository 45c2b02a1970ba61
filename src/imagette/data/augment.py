"""Random changes to training images: each a spec, its draws, and a NumPy reference of its effect.

The draws are made on the host, for a whole epoch, from raw random words; an engine applies them to
a batch on its device and must equal `apply` bit for bit. Evaluation images never come here.
"""

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from imagette.arrays import Images, Size
from imagette.data.affine import Affine
from imagette.data.mixing import CutMix, Mixup
from imagette.data.trivial import Trivial
from imagette.spec import Spec, named
from imagette.words import Bits, Order, integers, uniform


class Flip(Spec):
    """Mirrors left and right, each image with probability `share` at each epoch.

    Draws bool [N]. Source: Krizhevsky et al., 2012, section 4.1.
    """

    name: Literal["flip"] = "flip"
    share: float = Field(0.5, ge=0, le=1)

    def draw(self, bits: Bits, epoch: int, order: Order, _size: Size) -> NDArray[Any]:
        return uniform(bits("flip", epoch, len(order))) < self.share

    def apply(self, images: Images, draws: NDArray[Any]) -> Images:
        return np.where(draws[:, None, None, None], images[:, :, ::-1], images)


class AlternatingFlip(Spec):
    """Mirrors every other epoch; which epochs, odd or even, is drawn once for each image.

    Draws bool [N]. Every pair of epochs shows each image once either way.
    Source: Jordan, 2024, section 3.6 (arXiv 2404.00498).
    """

    name: Literal["alternating_flip"] = "alternating_flip"

    def draw(self, bits: Bits, epoch: int, order: Order, _size: Size) -> NDArray[Any]:
        parity_of_image = bits("alternating_flip", 0, len(order)) & np.uint64(1)
        flipped: NDArray[np.bool_] = (parity_of_image[order] + np.uint64(epoch)) % 2 == 1
        return flipped

    def apply(self, images: Images, draws: NDArray[Any]) -> Images:
        return np.where(draws[:, None, None, None], images[:, :, ::-1], images)


class Shift(Spec):
    """Moves by up to `pixels` each way: the image is extended on all sides, then cropped.

    `edge` fills with zeros (black) or by reflection. Draws int32 [N,2]: the row and the column at
    which the crop begins, 0 to 2*pixels. Source: He et al., 2015, section 4.2 (pad 4, crop 32).
    """

    name: Literal["shift"] = "shift"
    pixels: int = Field(4, ge=1)
    edge: Literal["zero", "reflect"] = "zero"

    def draw(self, bits: Bits, epoch: int, order: Order, _size: Size) -> NDArray[Any]:
        return integers(bits("shift", epoch, 2 * len(order)), 2 * self.pixels + 1).reshape(-1, 2)

    def apply(self, images: Images, draws: NDArray[Any]) -> Images:
        sides = ((0, 0), (self.pixels, self.pixels), (self.pixels, self.pixels), (0, 0))
        padded = np.pad(images, sides, mode="constant" if self.edge == "zero" else "reflect")
        height, width = images.shape[1:3]
        crops = [
            image[top : top + height, left : left + width]
            for image, (top, left) in zip(padded, draws, strict=True)
        ]
        return np.stack(crops)


class Cutout(Spec):
    """Covers a square of `size` pixels, centred anywhere, with the value `fill`.

    Draws int32 [N,2]: row and column of the centre; the square may reach past the border.
    Source: DeVries and Taylor, 2017 (arXiv 1708.04552).
    """

    name: Literal["cutout"] = "cutout"
    size: int = Field(8, ge=1)
    fill: int = Field(0, ge=0, le=255)

    def draw(self, bits: Bits, epoch: int, order: Order, size: Size) -> NDArray[Any]:
        rows = integers(bits("cutout.row", epoch, len(order)), size[0])
        columns = integers(bits("cutout.column", epoch, len(order)), size[1])
        return np.stack([rows, columns], axis=1)

    def apply(self, images: Images, draws: NDArray[Any]) -> Images:
        height, width = images.shape[1:3]
        top_left = draws - self.size // 2
        rows = np.arange(height)[None] - top_left[:, :1]
        columns = np.arange(width)[None] - top_left[:, 1:]
        inside_rows = (rows >= 0) & (rows < self.size)
        inside_columns = (columns >= 0) & (columns < self.size)
        covered = inside_rows[:, :, None] & inside_columns[:, None, :]
        return np.where(covered[..., None], np.uint8(self.fill), images)


Augmentation = Annotated[
    Flip | AlternatingFlip | Shift | Affine | Cutout | Mixup | CutMix | Trivial,
    Field(discriminator="name"),
    BeforeValidator(named),
]
