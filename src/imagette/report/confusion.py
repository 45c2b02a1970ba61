"""The confusion matrix and the accuracy of each class as figures of their own."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from imagette.evaluate.class_order import class_order
from imagette.evaluate.evaluation import Evaluation
from imagette.report.colours import BLUE, INK, ORANGE
from imagette.report.language import Language, language
from imagette.report.matrix import LARGEST_TABLE
from imagette.report.names import shown
from imagette.report.style import (
    PANEL_WIDTH_INCHES,
    bare,
    new_figure,
    percents,
)

_WIDE_INCHES = 7.2  # of a matrix of many classes
_MOST_LABELS = 50  # along a side: more lie over each other
_LONGEST_NAME = 18
_WRONG_STRONGER = 3  # times: a mistake of a tenth of a class must be seen
_STRONG = 0.6  # of a colour: from there on its number is white
_BAR_INCHES = 0.24


def confusion_figure(evaluation: Evaluation, say: Language | None = None) -> Figure:
    """The confusion matrix: rows true classes, right ones blue, mistakes orange, by share of a row.

    Up to 20 classes each cell has its count. More have none; those that are confused stand next to
    each other, and at most 50 names stand along a side. Words are English unless `say` is another
    language.
    """
    say = say or language("en")
    names = [shown(name, _LONGEST_NAME) for name in evaluation.per_class]
    counts = np.asarray(evaluation.confusion)
    few = len(names) <= LARGEST_TABLE
    if not few:
        order = list(class_order(evaluation.confusion))
        names, counts = [names[at] for at in order], counts[np.ix_(order, order)]
    width = PANEL_WIDTH_INCHES if few else _WIDE_INCHES
    figure = new_figure(width, width)
    axes = figure.subplots()
    colours = _colours(counts)
    axes.imshow(colours, interpolation="none", aspect="equal")
    if few:
        _numbers(axes, counts, colours[..., 3], say)
    _name_sides(axes, names)
    axes.set_xlabel(say("matrix.predicted"))
    axes.set_ylabel(say("matrix.true"))
    axes.spines[:].set_alpha(0.3)
    return figure


def classes_figure(
    evaluation: Evaluation, say: Language | None = None, *, by_accuracy: bool = False
) -> Figure:
    """The accuracy of each class as a bar with its 95 % interval, in the order of the classes.

    `by_accuracy` puts the best first. The dashed line is the accuracy on all images. Words are
    English unless `say` is another language.
    """
    say = say or language("en")
    rows = [(name, one) for name, one in evaluation.per_class.items() if one.accuracy is not None]
    if by_accuracy:
        rows.sort(key=lambda row: -(row[1].accuracy or 0.0))
    shares = [one.accuracy or 0.0 for _, one in rows]
    figure = new_figure(1.1 + _BAR_INCHES * len(rows))
    axes = figure.subplots()
    bare(axes)
    axes.barh(range(len(rows)), shares, color=BLUE, alpha=0.75)
    below = [share - one.interval[0] for share, (_, one) in zip(shares, rows, strict=True)]
    above = [one.interval[1] - share for share, (_, one) in zip(shares, rows, strict=True)]
    places = range(len(rows))
    axes.errorbar(shares, places, None, [below, above], fmt="none", ecolor=INK, capsize=2)
    axes.axvline(evaluation.accuracy, color=INK, linestyle="--", linewidth=1)
    names = [shown(name, _LONGEST_NAME) for name, _ in rows]
    axes.set_yticks(places, names, parse_math=False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xlabel(say("calibration.accuracy_axis"))
    percents(axes, say, x=True)
    return figure


def _colours(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """[K,K,4]: the ground shows through where a share is small, light or dark."""
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    right = np.eye(len(counts), dtype=bool)
    found = np.empty((*counts.shape, 4))
    found[..., :3] = np.where(right[..., None], to_rgb(BLUE), to_rgb(ORANGE))
    stronger = float(_WRONG_STRONGER)
    if len(counts) > LARGEST_TABLE:  # a class is taken for many others, each time seldom
        stronger = max(stronger, 1 / max(1e-9, shares[~right].max()))
    found[..., 3] = np.where(right, shares, np.minimum(1, stronger * shares))
    return found


def _numbers(
    axes: Axes, counts: NDArray[np.int64], strength: NDArray[np.float64], say: Language
) -> None:
    size = 9 if len(counts) <= 10 else 6
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if strength[row, column] > _STRONG else INK
            text = say.integer(int(count))
            axes.text(column, row, text, ha="center", va="center", fontsize=size, color=colour)


def _name_sides(axes: Axes, names: Sequence[str]) -> None:
    every = ceil(len(names) / _MOST_LABELS)
    places = range(0, len(names), every)
    size = 9 if len(names) <= 10 else 6
    kept = names[::every]
    axes.set_xticks(places, kept, rotation=90, fontsize=size, parse_math=False)
    axes.set_yticks(places, kept, fontsize=size, parse_math=False)
