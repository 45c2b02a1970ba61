"""The reliability diagram: accuracy against confidence, over how many images are so sure."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from imagette.evaluate.calibration import Bin, Calibration
from imagette.report.colours import BLUE, INK, ORANGE
from imagette.report.language import Language, language
from imagette.report.style import bare, new_figure, percents

_HEIGHT_INCHES = 4.4


def reliability_figure(found: Calibration, say: Language | None = None) -> Figure:
    """Bars of accuracy a bin with their 95 % interval, the line of perfect calibration, and counts.

    Words are English unless `say` is another language.
    """
    say = say or language("en")
    figure = new_figure(_HEIGHT_INCHES)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    filled = [one for one in found.bins if one.n]
    _accuracies(upper, filled, say)
    _counts(lower, filled, say)
    lower.set_xlim(0, 1)
    lower.set_xlabel(say("calibration.confidence"))
    percents(lower, say, x=True)
    return figure


def _accuracies(axes: Axes, bins: list[Bin], say: Language) -> None:
    bare(axes)
    sure = [one.confidence or 0.0 for one in bins]
    right = [one.accuracy or 0.0 for one in bins]
    middles = [(one.low + one.high) / 2 for one in bins]
    axes.bar(
        middles, right, _widths(bins), color=BLUE, alpha=0.75, label=say("calibration.accuracy")
    )
    below = [share - one.interval[0] for share, one in zip(right, bins, strict=True)]
    above = [one.interval[1] - share for share, one in zip(right, bins, strict=True)]
    axes.errorbar(middles, right, [below, above], fmt="none", ecolor=INK, elinewidth=1, capsize=2)
    axes.plot(
        [0, 1], [0, 1], color=INK, linestyle="--", linewidth=1, label=say("calibration.perfect")
    )
    label = say("calibration.mean")
    axes.plot(sure, sure, linestyle="", marker="D", markersize=4, color=ORANGE, label=label)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel(say("calibration.accuracy_axis"))
    percents(axes, say)
    axes.legend(frameon=False, fontsize=9, loc="upper left")


def _counts(axes: Axes, bins: list[Bin], say: Language) -> None:
    bare(axes)
    middles = [(one.low + one.high) / 2 for one in bins]
    axes.bar(middles, [one.n for one in bins], _widths(bins), color=BLUE, alpha=0.75)
    axes.set_ylabel(say("calibration.images"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: say.integer(round(count))))


def _widths(bins: list[Bin]) -> list[float]:
    return [0.94 * (one.high - one.low) for one in bins]
