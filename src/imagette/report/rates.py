"""The figure of a learning-rate range test."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from imagette.report.colours import BLUE, GREEN, ORANGE
from imagette.report.names import shown
from imagette.report.style import bare, new_figure

_SIZE_INCHES = (8.0, 4.6)
_HIGHEST = 1.3  # of the first loss: what is above says only that it is


def rates_figure(
    title: str,
    rates: Sequence[float],
    losses: Sequence[float],
    smoothed: Sequence[float],
    marks: Sequence[tuple[str, float]],
) -> Figure:
    """The loss of each step against its rate; `marks` are rates with what is to be said of them."""
    figure = new_figure(*_SIZE_INCHES[::-1])
    axes = figure.subplots()
    axes.plot(rates, losses, ".", color=BLUE, alpha=0.35, label="each step")
    axes.plot(rates, smoothed, "-", color=BLUE, linewidth=2, label="smoothed")
    for (words, rate), look in zip(marks, ((ORANGE, "--"), (GREEN, ":")), strict=False):
        colour, line = look
        axes.axvline(rate, color=colour, linestyle=line, label=f"{words}: {rate:.2g}")
    axes.set_xscale("log")
    bottom = min(smoothed)
    axes.set_ylim(0.95 * bottom, max(_HIGHEST * smoothed[0], 1.1 * bottom))
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss of a step (mean over its images)")
    bare(axes)
    axes.legend()
    figure.suptitle(shown(title), parse_math=False)
    return figure
