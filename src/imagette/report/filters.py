"""The filters of a network's first layer as pictures: what it looks for in an image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isqrt
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imagette.arrays import Images, Weights
from imagette.report.style import PANEL_WIDTH_INCHES, new_figure

MOST = 128
"""Filters on a figure: more are too small to see."""
_KEEP_PIXELS = ("flatten", "scale", "batchnorm", "layernorm", "dropout", "relu")
_WIDEST_FILTER_INCHES = 0.62
_LEAST_COLUMNS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Filters:
    """The kernels [out,in,kh,kw] of the layer at `path`, which sees the image itself."""

    path: str
    kernels: NDArray[np.float32]

    @property
    def largest(self) -> float:
        """The largest |weight|: where the scale of the pictures ends."""
        return float(np.abs(self.kernels).max())


def first_filters(nodes: Sequence[Mapping[str, Any]], weights: Weights) -> Filters | None:
    """The kernels of the first layer that has some, from nodes as `describe --json` writes them.

    Of a linear layer that reads the image's pixels, each row is a filter as large as the image.
    None where other layers stand before it, so that its weights belong to no pixels.
    """
    for node in nodes:
        names = [one["name"] for one in node["weights"] if one["name"] in weights]
        kernel = next((weights[name] for name in names if weights[name].ndim in (2, 4)), None)
        if kernel is not None:
            pixels = nodes[0]["input_shapes"][0]
            if kernel.ndim == 2:
                if len(pixels) != 3 or kernel.shape[1] != np.prod(pixels):
                    return None
                kernel = kernel.reshape(len(kernel), *pixels)  # flatten is in C,H,W order
            return Filters(str(node["path"]), np.asarray(kernel, np.float32))
        if node["function"] not in _KEEP_PIXELS:
            return None
    return None


def filter_pictures(kernels: NDArray[np.float32]) -> Images:
    """Kernels [out,in,kh,kw] as images uint8 [out,kh,kw,C]: C is 3 of 3 input channels, else 1.

    Mid grey is 0, black and white are minus and plus the largest |weight| of all kernels, so that
    they can be compared. Of other than 3 input channels the mean is shown, in grey.

    >>> kernels = np.array([[[[-2, 0, 1]]]], np.float32)
    >>> filter_pictures(kernels)[0, 0, :, 0].tolist()
    [0, 128, 191]
    """
    colours = kernels if kernels.shape[1] == 3 else kernels.mean(axis=1, keepdims=True)
    largest = np.abs(colours).max() or 1.0
    scaled = np.rint(127.5 + 127.5 * colours / largest).astype(np.uint8)
    return np.ascontiguousarray(scaled.transpose(0, 2, 3, 1))


def filters_figure(filters: Filters) -> Figure:
    """The first filters, at most 128, in rows of one picture whose gaps show the ground below."""
    tiles = filter_pictures(filters.kernels)[:MOST]
    rows = ceil(len(tiles) / max(_LEAST_COLUMNS, 2 * isqrt(len(tiles))))
    columns = ceil(len(tiles) / rows)
    mosaic = _mosaic(tiles, columns)
    width = min(PANEL_WIDTH_INCHES, columns * _WIDEST_FILTER_INCHES)
    figure = new_figure(width * mosaic.shape[0] / mosaic.shape[1], width)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(mosaic, interpolation="none", aspect="equal")
    return figure


def _mosaic(tiles: Images, columns: int) -> NDArray[np.uint8]:
    """One image [H,W,4] of all tiles, with transparent lines between them."""
    count, height, width, _ = tiles.shape
    rows = ceil(count / columns)
    gap = max(1, round(max(height, width) / 8))
    whole = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        whole[top : top + height, left : left + width, :3] = tile
        whole[top : top + height, left : left + width, 3] = 255
    return whole
