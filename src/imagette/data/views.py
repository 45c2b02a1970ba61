"""The views of an image that an evaluation may average over: mirrored, and moved by one pixel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import NumViews
from imagette.data.streamed import AnyImages, StreamedImages


@dataclass(frozen=True, slots=True)
class View:
    """Mirrored left and right or not, and moved by so many pixels down and to the right.

    What a move uncovers is filled by reflection. `weight` is the share of the view in the mean.

    >>> row = np.arange(4, dtype=np.uint8).reshape(1, 1, 4, 1)
    >>> View(0.5, mirrored=True).of(row).ravel().tolist()
    [3, 2, 1, 0]
    >>> View(0.125, moved=1).of(row).ravel().tolist()
    [1, 0, 1, 2]
    """

    weight: float
    mirrored: bool = False
    moved: int = 0

    def of(self, images: AnyImages) -> AnyImages:
        """The same of all images [N,H,W,C]; streamed ones are still read when they are used."""
        if not self.mirrored and not self.moved:
            return images
        if isinstance(images, StreamedImages):
            read = images.read
            return replace(images, read=lambda rows: self._seen(read(rows)))
        return self._seen(images)

    def _seen(self, pixels_NHWC: NDArray[Any]) -> NDArray[Any]:
        if self.moved:
            height, width = pixels_NHWC.shape[1:3]
            side, start = abs(self.moved), abs(self.moved) - self.moved
            padded = np.pad(pixels_NHWC, ((0, 0), (side, side), (side, side), (0, 0)), "reflect")
            pixels_NHWC = padded[:, start : start + height, start : start + width]
        return pixels_NHWC[:, :, ::-1] if self.mirrored else pixels_NHWC


def views_of(num_views: NumViews) -> Iterator[View]:
    """The views of an evaluation, the image itself first; their weights sum to 1.

    Of six, the pair in place weighs a half, and so do the four that are moved up and left or down
    and right. Source: Jordan, 2024, section 3.5 (arXiv 2404.00498).

    >>> [view.weight for view in views_of(6)]
    [0.25, 0.25, 0.125, 0.125, 0.125, 0.125]
    """
    moves = {1: {0: 1.0}, 2: {0: 1.0}, 6: {0: 0.5, -1: 0.25, 1: 0.25}}[num_views]
    sides = (False,) if num_views == 1 else (False, True)
    for moved, share in moves.items():
        for mirrored in sides:
            yield View(share / len(sides), mirrored, moved)
