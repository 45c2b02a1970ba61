"""Variants side by side: accuracy against epochs, and against the seconds that training took."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from imagette.report.colours import AMBER, BLACK, BLUE, GREEN, GREY, ORANGE, PINK, SKY
from imagette.report.language import Language, language
from imagette.report.names import shown
from imagette.report.style import bare, new_figure

_COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, AMBER, BLACK)
_LINES = ("-", "--", ":", "-.")
_MARKS = "osD^vPX<>*h"
_MOST_MARKS = 30  # with more epochs the marks hide the lines
_LABEL_WIDTH = 30  # characters a line of the legend
_TITLE_WIDTH = 100
_WIDTH_INCHES = 12.0
_LEAST_HEIGHT_INCHES = 4.6
_INCHES_PER_LINE = 0.21  # of the legend
_MUCH_LONGER = 12  # times: from there on a linear axis hides the shorter trainings


@dataclass(frozen=True, slots=True)
class Curve:
    """A variant's accuracy (0 to 1) after each epoch: the mean over n seeds, and the range."""

    name: str
    epochs: tuple[int, ...]
    seconds: tuple[float, ...]  # of training, from its start, the mean over seeds
    accuracy: tuple[float, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    n: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def comparison_figure(
    curves: Sequence[Curve],
    split: str,
    title: str = "",
    others: Sequence[Curve] = (),
    say: Language | None = None,
) -> Figure:
    """Draw one line a variant in each of two panels, with one legend beside them.

    `others` are drawn in grey behind them, without a name. `say` is the language, English if None.

    `split` says of which images the accuracies are. Lines are told apart by colour, line and
    mark; a band spans the seeds. The seconds are on a logarithmic axis where some variants take
    many times as long as others.
    """
    figure = new_figure(_height(curves), _WIDTH_INCHES)
    left, right = figure.subplots(1, 2, sharey=True)
    say = say or language("en")
    for curve in others:
        _draw_behind(left, curve.epochs, curve)
        _draw_behind(right, curve.seconds, curve)
    looks = [_look(number) for number in range(len(curves))]
    handles = [
        _draw(left, curve.epochs, curve, look) for curve, look in zip(curves, looks, strict=True)
    ]
    for curve, look in zip(curves, looks, strict=True):
        _draw(right, curve.seconds, curve, look)
    left.set_xlabel(say("curves.epochs"))
    left.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    _scale_seconds(right, [*curves, *others], say)
    left.set_ylabel(say("compare.accuracy_on", split=split))
    for axes in (left, right):
        _finish(axes, "" if curves else say("curves.empty"))
    if handles:
        figure.legend(handles=handles, loc="outside right upper", frameon=False)
    if title:
        figure.suptitle(fill(title, _TITLE_WIDTH), parse_math=False)
    return figure


@dataclass(frozen=True, slots=True)
class _Look:
    colour: str
    line: str
    mark: str


def _look(number: int) -> _Look:
    """No two of the first 28 alike in colour and line, nor two of the first 77 in all three."""
    line = _LINES[number // len(_COLOURS) % len(_LINES)]
    return _Look(_COLOURS[number % len(_COLOURS)], line, _MARKS[number % len(_MARKS)])


def _draw(axes: Axes, x: Sequence[float], curve: Curve, look: _Look) -> Line2D:
    (line,) = axes.plot(
        x,
        [100 * share for share in curve.accuracy],
        color=look.colour,
        linestyle=look.line,
        marker=look.mark if len(x) <= _MOST_MARKS else "",
        markersize=4,
        label=_label(curve),
    )
    if curve.n > 1:
        low, high = ([100 * share for share in side] for side in (curve.lowest, curve.highest))
        axes.fill_between(x, low, high, color=look.colour, alpha=0.15, linewidth=0)
    return line


def _draw_behind(axes: Axes, x: Sequence[float], curve: Curve) -> None:
    percents = [100 * share for share in curve.accuracy]
    axes.plot(x, percents, color=GREY, linewidth=0.8, alpha=0.6)


def _label(curve: Curve) -> str:
    """The name over as many lines as it needs; `$` must not start a formula."""
    seeds = f" (n = {curve.n})" if curve.n > 1 else ""
    return fill(f"{shown(curve.name)}{seeds}", _LABEL_WIDTH).replace("$", r"\$")


def _height(curves: Sequence[Curve]) -> float:
    lines = sum(_label(curve).count("\n") + 1 for curve in curves)
    return max(_LEAST_HEIGHT_INCHES, 1 + _INCHES_PER_LINE * lines)


def _scale_seconds(axes: Axes, curves: Sequence[Curve], say: Language) -> None:
    axes.set_xlabel(say("curves.seconds"))
    longest = [curve.seconds[-1] for curve in curves if curve.seconds and curve.seconds[-1] > 0]
    if longest and max(longest) > _MUCH_LONGER * min(longest):
        axes.set_xscale("log", nonpositive="mask")  # the start, at 0 s, has no place on it
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlabel(say("compare.seconds_logarithmic"))


def _finish(axes: Axes, nothing: str) -> None:
    bare(axes)
    if nothing:
        axes.text(0.5, 0.5, nothing, ha="center", transform=axes.transAxes)
        axes.set_yticks([])
