"""Augmentations that mix each image with its neighbour in the batch, and so their labels too.

Image i is mixed with image i - 1, the first with the last: the order of an epoch is random already.
A step has one draw for its whole batch, that of its first image. The loss of a mixed image is that
of its own label times the share that is kept of it, plus that of its neighbour's times the rest.
"""

from abc import abstractmethod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from imagette.arrays import Images, Size
from imagette.data.beta import PARTS, beta_parts
from imagette.spec import Spec
from imagette.words import Bits, Order, integers, uniform


class Mixing(Spec):
    """What says of an augmentation that it mixes labels; a recipe may hold one."""

    name: str
    alpha: float = Field(1.0, gt=0, le=1000)
    share: float = Field(1.0, ge=0, le=1)

    @abstractmethod
    def own_share(self, draws: Any, size: Size) -> Any:
        """The weight of the own label in a step, from its draws [B,...], in any array library."""

    def _parts(self, bits: Bits, purpose: str, epoch: int, count: int) -> NDArray[np.int32]:
        """What is kept, in 256ths: Beta(alpha, alpha) in a share of the steps, else all."""
        parts = beta_parts(bits(purpose, epoch, count), self.alpha)
        mixed = uniform(bits(f"{purpose}.share", epoch, count)) < self.share
        return np.where(mixed, parts, PARTS).astype(np.int32)


class Mixup(Mixing):
    """The weighted mean of two images: `(k x + (256 - k) x' + 128) // 256`, k/256 ~ Beta.

    In a `share` of the steps; `alpha` near 0 mixes little. Draws int32 [N], the k of each image.
    Streamed images, which are no bytes, are mixed without rounding.
    Source: Zhang et al., 2017 (arXiv 1710.09412).
    """

    name: Literal["mixup"] = "mixup"

    def draw(self, bits: Bits, epoch: int, order: Order, _size: Size) -> NDArray[Any]:
        return self._parts(bits, "mixup", epoch, len(order))

    def apply(self, images: Images, draws: NDArray[Any]) -> Images:
        own, wide = int(draws[0]), images.astype(np.int32)
        mixed = wide * own + np.roll(wide, 1, axis=0) * (PARTS - own)
        return ((mixed + PARTS // 2) // PARTS).astype(np.uint8)

    def own_share(self, draws: Any, _size: Size) -> Any:
        return draws[0] / PARTS


class CutMix(Mixing):
    """A rectangle of the neighbour's image in each image, of 1 - Beta(alpha, alpha) of its area.

    Its sides are in the picture's proportion, its centre is anywhere; what reaches past the border
    is cut off, and the labels' weights are those of the areas that are left. In a `share` of the
    steps. Draws int32 [N,4]: top, bottom, left, right, the second and the last beyond it.
    Source: Yun et al., 2019 (arXiv 1905.04899).
    """

    name: Literal["cutmix"] = "cutmix"

    def draw(self, bits: Bits, epoch: int, order: Order, size: Size) -> NDArray[Any]:
        parts = self._parts(bits, "cutmix", epoch, len(order))
        cut = np.sqrt((PARTS - parts) / PARTS)
        ends = []
        for side, purpose in zip(size, ("cutmix.row", "cutmix.column"), strict=True):
            centre = integers(bits(purpose, epoch, len(order)), side)
            half = (side * cut).astype(np.int32) // 2
            ends += [(centre - half).clip(0, side), (centre + half).clip(0, side)]
        return np.stack(ends, axis=1)

    def apply(self, images: Images, draws: NDArray[Any]) -> Images:
        top, bottom, left, right = draws[0]
        mixed = images.copy()
        mixed[:, top:bottom, left:right] = np.roll(images, 1, axis=0)[:, top:bottom, left:right]
        return mixed

    def own_share(self, draws: Any, size: Size) -> Any:
        top, bottom, left, right = (draws[0, side] for side in range(4))
        return 1 - (bottom - top) * (right - left) / (size[0] * size[1])
