"""Accuracy against its price: one panel a price, with the front that nothing beats."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import hypot

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from imagette.report.colours import BLUE, GREY, INK, ORANGE
from imagette.report.style import bare, new_figure

_SIZE_INCHES = (12.0, 4.4)
_MUCH_MORE = 12  # times: from there on a linear axis hides the cheap ones
_MOST_NAMES = 8  # on a panel: more lie over each other
_MOST_TICKS = 5
_LONGEST_NAME = 22
_MARK_POINTS = 4.0  # from the middle of a mark to where no name may come
_SAME_PIXELS = 0.5  # distances so alike are one
_PIXELS_A_POINT = 1 / 72  # times the figure's own resolution
# Where a name may stand from its mark, in points; the first that is free, on its own side first.
_PLACES = ((6, 6), (6, -12), (6, 17), (6, -23), (6, 28), (6, -34))

Pixels = NDArray[np.float64]  # x and y in the last axis
Faults = tuple[int, bool]  # of a name's place: how much it covers; another mark is nearer to it


@dataclass(frozen=True, slots=True)
class Point:
    """A variant on a panel: its price, its accuracy (0 to 1), and whether nothing beats it."""

    name: str
    price: float
    accuracy: float
    on_front: bool
    is_theirs: bool = False  # published by others, and not trained here


@dataclass(frozen=True, slots=True)
class Price:
    """A panel: what the price is of, with its unit, and the variants of which it is known."""

    label: str
    points: tuple[Point, ...]


def pareto_figure(
    prices: Sequence[Price], accuracy_label: str, most_names: int = _MOST_NAMES
) -> Figure:
    """Draw a panel for each price; the front is a line with names and diamonds, others are marks.

    A price is on a logarithmic axis where some pay many times as much as others. What others have
    published is an orange square, on the front too. Names stand at no more than `most_names` points
    of a panel.
    """
    figure = new_figure(*_SIZE_INCHES[::-1])
    panels = figure.subplots(1, len(prices), sharey=True, squeeze=False)[0]
    for axes, price in zip(panels, prices, strict=True):
        _panel(axes, price, most_names)
    panels[0].set_ylabel(accuracy_label)
    figure.draw_without_rendering()  # from here on it is known how large a name is
    for axes, price in zip(panels, prices, strict=True):
        _keep_apart(axes, price.points)
    return figure


def _keep_apart(axes: Axes, points: Sequence[Point]) -> None:
    """Moves each name to where it covers fewest of the marks, the line's steps and earlier names.

    Of such places, those are better where no other mark is nearer to it than its own.
    """
    half = _MARK_POINTS * axes.figure.dpi * _PIXELS_A_POINT
    middles = axes.transData.transform([(one.price, 100 * one.accuracy) for one in points])
    taken = [Bbox([[x - half, y - half], [x + half, y + half]]) for x, y in middles]
    taken += _line_boxes([xy for xy, one in zip(middles, points, strict=True) if one.on_front])
    for name in (text for text in axes.texts if isinstance(text, Annotation)):
        own = axes.transData.transform(name.xy)
        side = -1 if name.get_horizontalalignment() == "right" else 1
        places = [(way * x, y) for way, (x, y) in product((side, -side), _PLACES)]
        faults = [_faults(_stood(name, place), own, middles, taken) for place in places]
        taken.append(_stood(name, places[faults.index(min(faults))]))


def _faults(box: Bbox, own: Pixels, middles: Pixels, taken: Sequence[Bbox]) -> Faults:
    nearest = min(_distance(box, middle) for middle in middles)
    covers = sum(box.overlaps(other) for other in taken)
    return covers, nearest < _distance(box, own) - _SAME_PIXELS


def _line_boxes(front: Sequence[Pixels]) -> list[Bbox]:
    """The steps of the front's line: from each point level to the next one's price, then up."""
    boxes = []
    for (x, y), (next_x, next_y) in pairwise(sorted(xy.tolist() for xy in front)):
        boxes += [Bbox([[x, y], [next_x, y]]), Bbox([[next_x, y], [next_x, next_y]])]
    return boxes


def _stood(name: Annotation, place: tuple[int, int]) -> Bbox:
    """The box of a name, moved to a place."""
    name.set_position(place)
    name.set_horizontalalignment("left" if place[0] > 0 else "right")
    return name.get_window_extent()


def _distance(box: Bbox, point: Pixels) -> float:
    """From the nearest point of a box; 0 inside it."""
    x, y = point.tolist()
    return hypot(max(box.x0 - x, 0.0, x - box.x1), max(box.y0 - y, 0.0, y - box.y1))


def _panel(axes: Axes, price: Price, most_names: int) -> None:
    axes.set_xlabel(price.label)
    bare(axes)
    front = sorted((one for one in price.points if one.on_front), key=lambda one: one.price)
    others = [one for one in price.points if not one.on_front]
    theirs = [one for one in price.points if one.is_theirs]
    axes.plot(*_places(others), linestyle="", marker="o", markersize=5, color=GREY, alpha=0.8)
    axes.plot(
        *_places(front),
        marker="D",
        markevery=[place for place, one in enumerate(front) if not one.is_theirs],
        markersize=6,
        markerfacecolor=BLUE,
        markeredgecolor=BLUE,
        color=GREY,
        drawstyle="steps-post",
        linewidth=1.5,
    )
    if theirs:
        axes.plot(*_places(theirs), linestyle="", marker="s", markersize=7, color=ORANGE)
    _scale(axes, [one.price for one in price.points])
    axes.margins(x=0.14, y=0.16)
    named = [*front, *others] if len(price.points) <= most_names else front[-most_names:]
    middle = _middle(axes)
    for one in named:
        _name(axes, one, left=one.price > middle)


def _places(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [one.price for one in points], [100 * one.accuracy for one in points]


def _scale(axes: Axes, prices: Sequence[float]) -> None:
    positive = [price for price in prices if price > 0]
    if len(positive) == len(prices) and positive and max(positive) > _MUCH_MORE * min(positive):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=8))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(_MOST_TICKS))
    axes.xaxis.set_major_formatter(EngFormatter(sep="\N{THIN SPACE}"))


def _middle(axes: Axes) -> float:
    """The price in the middle of the panel: names of dearer ones stand on their left."""
    low, high = axes.get_xlim()
    return (low * high) ** 0.5 if axes.get_xscale() == "log" else (low + high) / 2


def _name(axes: Axes, one: Point, left: bool) -> None:
    short = one.name if len(one.name) <= _LONGEST_NAME else f"{one.name[: _LONGEST_NAME - 1]}…"
    axes.annotate(
        short,
        (one.price, 100 * one.accuracy),
        xytext=(-6 if left else 6, 6),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=8,
        color=ORANGE if one.is_theirs else BLUE if one.on_front else INK,
        parse_math=False,
    )
