"""A row of images above rows of masks: where a network looks, as a figure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CELL_INCHES = 1.15
_LABEL_INCHES = 1.3
_LONGEST = 15  # characters of a caption's line


def masks_figure(
    images: Images,
    captions: Sequence[str],
    masks: Mapping[str, NDArray[np.float32]],
    scale: str = "of its maximum",
) -> "Figure":
    """Images uint8 [N,H,W,C] under their captions, and below a row for each of the named masks.

    Masks are float32 [N,h,w] from 0 to 1, of any size; one colour scale serves all.

    >>> figure = masks_figure(
    ...     np.zeros((2, 8, 8, 1), np.uint8), ["a", "b"], {"conv1": np.zeros((2, 4, 4), np.float32)}
    ... )
    >>> len(figure.axes)  # four pictures and the scale
    5
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    num_rows, num_images = 1 + len(masks), len(images)
    size = (num_images * _CELL_INCHES + _LABEL_INCHES, num_rows * _CELL_INCHES + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(num_rows, num_images, squeeze=False)
    for panel, image, caption in zip(panels[0], images, captions, strict=True):
        grey = image.shape[2] == 1
        shown = image[..., 0] if grey else image
        panel.imshow(shown, cmap="gray" if grey else None, vmin=0, vmax=255)
        panel.set_title(_short(caption), fontsize=8, parse_math=False)
    for row, (name, each) in zip(panels[1:], masks.items(), strict=True):
        for panel, mask in zip(row, each, strict=True):
            drawn = panel.imshow(mask, cmap="viridis", vmin=0, vmax=1, interpolation="nearest")
        row[0].set_ylabel(name, fontsize=8, parse_math=False)
        bar = figure.colorbar(drawn, ax=list(row), shrink=0.9, ticks=[0, 1])
        bar.ax.tick_params(labelsize=7)
        bar.set_label(scale, fontsize=7)
    for panel in panels.ravel():
        _bare(panel)
    return figure


def _bare(panel: "Axes") -> None:
    panel.set_xticks([])
    panel.set_yticks([])
    panel.spines[:].set_visible(False)


def _short(caption: str) -> str:
    lines = (" ".join(line.split()) for line in caption.splitlines())
    cut = (line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…" for line in lines)
    return "\n".join(cut)
