"""The figure of a learning-rate range test."""

from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_SIZE_INCHES = (8.0, 4.6)
_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"  # of Okabe and Ito
_HIGHEST = 1.3  # of the first loss: what is above says only that it is


def rates_figure(
    title: str,
    rates: Sequence[float],
    losses: Sequence[float],
    smoothed: Sequence[float],
    marks: Sequence[tuple[str, float]],
) -> Figure:
    """The loss of each step against its rate; `marks` are rates with what is to be said of them."""
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot(rates, losses, ".", color=_BLUE, alpha=0.35, label="each step")
    axes.plot(rates, smoothed, "-", color=_BLUE, linewidth=2, label="smoothed")
    for (words, rate), look in zip(marks, ((_ORANGE, "--"), (_GREEN, ":")), strict=False):
        colour, line = look
        axes.axvline(rate, color=colour, linestyle=line, label=f"{words}: {rate:.2g}")
    axes.set_xscale("log")
    bottom = min(smoothed)
    axes.set_ylim(0.95 * bottom, max(_HIGHEST * smoothed[0], 1.1 * bottom))
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss of a step (mean over its images)")
    axes.grid(alpha=0.25)
    axes.legend()
    figure.suptitle(title, parse_math=False)
    return figure
