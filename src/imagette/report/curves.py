"""The curves of a run: loss and accuracy of each epoch, as a figure that needs no display."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Look:
    """How one split is drawn: told apart by line and mark as well as by colour."""

    colour: str
    line: str
    mark: str
    size: float


# Colours of Okabe and Ito, which colour-blind readers tell apart:
# https://jfly.uni-koeln.de/color/
_LOOKS = {
    "train": _Look("#0072B2", "--", "o", 4),
    "validation": _Look("#D55E00", "-", "s", 4),
    "test": _Look("#009E73", ":", "^", 5),
}
_NAMES = {"train": "training", "validation": "validation", "test": "test, each epoch"}
_RESULT_COLOUR = "#333333"
_TITLE_WIDTH = 100  # characters a line
_MOST_MARKS = 30  # with more epochs the marks hide the lines
_SIZE_INCHES = (10.0, 4.6)
_DOTS_PER_INCH = 120


def curves(history: Sequence[Row], title: str, test_accuracy: float | None = None) -> Figure:
    """Draw loss, accuracy and error rate of each split against epochs, from rows of history.

    `test_accuracy` (0 to 1) is the result of an opened test set: a horizontal line with its value.
    Where the rows hold test figures, the set was watched while training, and the figure says so.
    """
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _panel(left, history, "loss", scale=1)
    left.set_ylabel("loss (mean over images)")
    _panel(right, history, "accuracy", scale=100)
    right.set_ylabel("accuracy (%)")
    if test_accuracy is not None:
        _result_line(right, 100 * test_accuracy)
    if right.lines:
        right.secondary_yaxis("right", functions=(_other, _other)).set_ylabel("error rate (%)")
    for axes in (left, right):
        _finish(axes)
    figure.suptitle(_headline(title, history), parse_math=False)
    return figure


def figure_bytes(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG; equal figures give equal bytes."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def _panel(axes: Axes, history: Sequence[Row], figure: str, scale: float) -> None:
    for split, look in _LOOKS.items():
        rows = [row for row in history if row.get(f"{split}_{figure}") is not None]
        if not rows:
            continue
        axes.plot(
            [row["epoch"] for row in rows],
            [scale * row[f"{split}_{figure}"] for row in rows],
            color=look.colour,
            linestyle=look.line,
            marker=look.mark if len(rows) <= _MOST_MARKS else "",
            markersize=look.size,
            label=_NAMES[split],
        )
    axes.set_xlim(*_epoch_limits(history))


def _epoch_limits(history: Sequence[Row]) -> tuple[float, float]:
    """From the first to the last epoch with a margin; a single epoch stands in the middle."""
    epochs = [row["epoch"] for row in history] or [0]
    first, last = min(epochs), max(epochs)
    margin = 0.04 * (last - first) or 0.5
    return first - margin, last + margin


def _result_line(axes: Axes, percent: float) -> None:
    axes.axhline(
        percent,
        color=_RESULT_COLOUR,
        linestyle="-.",
        linewidth=1.5,
        label=f"test, opened: {percent:.2f} %",
    )


def _finish(axes: Axes) -> None:
    axes.set_xlabel("epoch (0: before training)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
    else:
        axes.text(0.5, 0.5, "nothing measured yet", ha="center", transform=axes.transAxes)
        axes.set_yticks([])


def _headline(title: str, history: Sequence[Row]) -> str:
    watched = any(row.get("test_loss") is not None for row in history)
    wrapped = fill(title, _TITLE_WIDTH)
    return f"{wrapped}\n(test set watched each epoch)" if watched else wrapped


def _other(percent: float) -> float:
    """Accuracy to error rate, and back."""
    return 100 - percent
