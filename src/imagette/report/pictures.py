"""Figures made of pictures; values in, a matplotlib Figure out, no display needed."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from imagette.arrays import Images, Labels
from imagette.report.names import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CELL_INCHES = 0.95
_TITLE_INCHES = 0.45
_LONGEST_LABEL = 14  # characters that stand above a picture


def labelled_grid(
    images: Images, labels: Sequence[str], columns: int = 10, title: str = ""
) -> "Figure":
    """Pictures in rows of `columns`, each under its label.

    Images are uint8 [N,H,W,C], C 1 (0 drawn black) or 3. There are as many labels as images.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = ceil(len(images) / columns)
    height = rows * (_CELL_INCHES + 0.15) + _TITLE_INCHES
    figure = Figure(figsize=(columns * _CELL_INCHES, height), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    for panel, image, label in zip(panels, images, labels, strict=False):
        grey = image.shape[2] == 1
        panel.imshow(
            image[..., 0] if grey else image,
            cmap="gray" if grey else None,
            vmin=0,
            vmax=255,
            interpolation="nearest",
        )
        panel.set_title(shown(label, _LONGEST_LABEL), fontsize=8, pad=2, parse_math=False)
    figure.suptitle(shown(title), fontsize=10, parse_math=False)
    return figure


def examples_by_class(labels: Labels, classes: int, columns: int = 10) -> list[int]:
    """Indices of the first `columns` images of each class, class by class.

    >>> examples_by_class(np.array([1, 0, 1, 0], np.int32), classes=2, columns=1)
    [1, 0]
    """
    chosen = (np.flatnonzero(labels == label)[:columns] for label in range(classes))
    return [int(index) for indices in chosen for index in indices]
