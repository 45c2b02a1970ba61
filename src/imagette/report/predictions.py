"""A figure of predictions: what the network was given, where it was active, what it says."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagette.report.colours import BLUE
from imagette.report.names import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOP = 5  # classes that have a bar
_ROW_INCHES = 1.7
_LONGEST = 28  # characters of a name


def predictions_figure(
    names: Sequence[str],
    images: Sequence[NDArray[np.uint8]],
    chances: Sequence[Mapping[str, float]],
    masks: Sequence[NDArray[np.float32] | None],
    layer: str | None,
) -> "Figure":
    """One row a picture: the prepared picture, the mask of `layer` over it, the likeliest classes.

    Images are uint8 [H,W,C], masks float32 [h,w] from 0 to 1, `chances` the probabilities by class,
    the likeliest first.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    num_rows, columns = len(names), 3 if layer else 2
    figure = Figure(figsize=(7.5, 0.5 + _ROW_INCHES * num_rows), layout="constrained")
    FigureCanvasAgg(figure)
    widths = [1, 1, 2][-columns:]
    panels = figure.subplots(num_rows, columns, squeeze=False, width_ratios=widths)
    for row, name, image, chance, mask in zip(panels, names, images, chances, masks, strict=True):
        _show(row[0], image)
        row[0].set_title(_short(name), fontsize=8, loc="left", parse_math=False)
        if mask is not None:
            _show(row[1], image)
            height, width = image.shape[:2]
            row[1].imshow(
                mask,
                cmap="viridis",
                vmin=0,
                vmax=1,
                alpha=0.65,
                extent=(-0.5, width - 0.5, height - 0.5, -0.5),
                interpolation="nearest",
            )
        _bars(row[-1], chance)
    if layer:
        panels[0][1].set_title(f"{layer}, active", fontsize=8, loc="left", parse_math=False)
    panels[-1][-1].set_xlabel("probability (%)", fontsize=8)
    return figure


def _show(axes: "Axes", image: NDArray[np.uint8]) -> None:
    grey = image.shape[2] == 1
    axes.imshow(image[..., 0] if grey else image, cmap="gray" if grey else None, vmin=0, vmax=255)
    axes.set_axis_off()


def _bars(axes: "Axes", chances: Mapping[str, float]) -> None:
    names = list(chances)[:TOP]
    values = [100 * chances[name] for name in names]
    places = range(len(names))
    axes.barh(places, values, color=BLUE)
    axes.set_yticks(places, [_short(name) for name in names], fontsize=8, parse_math=False)
    axes.invert_yaxis()
    axes.set_xlim(0, 118)
    axes.set_xticks([0, 50, 100])
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    for place, value in zip(places, values, strict=True):
        axes.text(value + 1, place, f"{value:.1f}", va="center", fontsize=8)


def _short(name: str) -> str:
    line = shown(name)
    return line if len(line) <= _LONGEST else f"\N{HORIZONTAL ELLIPSIS}{line[1 - _LONGEST :]}"
