"""The one look of the figures: their size for a phone, and a panel without a frame."""

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from imagette.report.language import Language

PANEL_WIDTH_INCHES = 4.6
"""A page on a phone shows it at its own size, so that words of 9 points can be read."""


def new_figure(height_inches: float, width_inches: float = PANEL_WIDTH_INCHES) -> Figure:
    """An empty figure that needs no display."""
    figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def bare(axes: Axes) -> None:
    """A thin grid, and no frame above or on the right."""
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def percents(axes: Axes, say: Language, *, x: bool = False) -> None:
    """Shares from 0 to 1 along the vertical axis, or the horizontal one, counted in percents."""
    axis = axes.xaxis if x else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda share, _: say.decimal(100 * share, 0)))
