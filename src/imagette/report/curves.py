"""The curves of a run: loss and accuracy of each epoch, as a figure that needs no display."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from textwrap import fill
from types import MappingProxyType
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from imagette.plain import legible
from imagette.report.colours import BLUE, GREEN, INK, ORANGE
from imagette.report.language import Language, language
from imagette.report.style import bare, new_figure
from imagette.train.events import epochs_at

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Look:
    """How one split is drawn: told apart by line and mark as well as by colour."""

    colour: str
    line: str
    mark: str
    size: float


_LOOKS = {
    "train": _Look(BLUE, "--", "o", 4),
    "validation": _Look(ORANGE, "-", "s", 4),
    "test": _Look(GREEN, ":", "^", 5),
}
Onset = Literal["overfits", "stagnates"]
_ONSETS = {"overfits": (0, (1, 1.5)), "stagnates": (0, (7, 2, 1, 2, 1, 2))}
_TITLE_WIDTH = 100  # characters a line
_MOST_MARKS = 30  # with more epochs the marks hide the lines
_SIZE_INCHES = (10.0, 4.6)
_STACKED_INCHES = 7.4  # high
_DOTS_PER_INCH = 120


def curves(
    history: Sequence[Row],
    title: str = "",
    test_accuracy: float | None = None,
    *,
    seconds: Sequence[float] = (),
    onsets: Mapping[Onset, int] = MappingProxyType({}),
    stacked: bool = False,
    say: Language | None = None,
) -> Figure:
    """Draw loss, accuracy and error rate of each split against epochs, from rows of history.

    `test_accuracy` (0 to 1) is the result of an opened test set: a horizontal line with its value.
    Where the rows hold test figures, the set was watched while training, and the figure says so.
    With `seconds`, one for each row, they are what it is drawn against. `onsets` are the epochs
    since which the run overfits or stagnates: vertical lines. The panels stand side by side, or
    `stacked` for a phone. Words are English unless `say` is another language.
    """
    say = say or language("en")
    along = _Along(tuple(seconds or map(epochs_at, history)), is_time=bool(seconds))
    figure = new_figure(_STACKED_INCHES) if stacked else new_figure(*_SIZE_INCHES[::-1])
    left, right = figure.subplots(2, 1) if stacked else figure.subplots(1, 2)
    _panel(left, history, along, "loss", 1, say)
    left.set_ylabel(say("curves.loss"))
    _panel(right, history, along, "accuracy", 100, say)
    right.set_ylabel(say("curves.accuracy"))
    if test_accuracy is not None:
        _result_line(right, test_accuracy, say)
    for onset, epoch in onsets.items():
        at = along.of_epoch(history, epoch)
        for axes in (left, right):
            line = _ONSETS[onset]
            label = say(f"curves.{onset}", epoch=epoch)
            axes.axvline(at, color=INK, linestyle=line, linewidth=1.2, label=label)
    if right.lines:
        error = right.secondary_yaxis("right", functions=(_other, _other))
        error.set_ylabel(say("curves.error"))
        _number(error.yaxis, say)
    for axes in (left, right):
        _finish(axes, along, say)
    _legend(figure, (left, right), columns=2 if stacked else 3)
    headline = _headline(title, history, say)
    if headline:
        figure.suptitle(headline, parse_math=False)
    return figure


@dataclass(frozen=True, slots=True)
class _Along:
    """Where each row of history stands on the horizontal axis."""

    values: tuple[float, ...]
    is_time: bool

    def of_epoch(self, history: Sequence[Row], epoch: int) -> float:
        """Where the row of that epoch stands, which is one of the history's."""
        epochs = [row["epoch"] for row in history]
        return self.values[epochs.index(epoch)]

    @property
    def limits(self) -> tuple[float, float]:
        """From the first to the last with a margin; a single value stands in the middle."""
        values = self.values or (0.0,)
        first, last = min(values), max(values)
        margin = 0.04 * (last - first) or 0.5
        return first - margin, last + margin


def figure_bytes(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG; equal figures give equal bytes."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def _panel(
    axes: Axes, history: Sequence[Row], along: _Along, figure: str, scale: float, say: Language
) -> None:
    for split, look in _LOOKS.items():
        key = f"{split}_{figure}"
        rows = [
            (at, row[key])
            for at, row in zip(along.values, history, strict=True)
            if row.get(key) is not None
        ]
        if not rows:
            continue
        axes.plot(
            [at for at, _ in rows],
            [scale * value for _, value in rows],
            color=look.colour,
            linestyle=look.line,
            marker=look.mark if len(rows) <= _MOST_MARKS else "",
            markersize=look.size,
            label=say(f"curves.{split}"),
        )
    axes.set_xlim(*along.limits)


def _result_line(axes: Axes, share: float, say: Language) -> None:
    axes.axhline(
        100 * share,
        color=INK,
        linestyle="-.",
        linewidth=1.5,
        label=say("curves.opened", percent=say.percent(share, 2)),
    )


def _finish(axes: Axes, along: _Along, say: Language) -> None:
    axes.set_xlabel(say("curves.seconds" if along.is_time else "curves.epochs"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=not along.is_time, min_n_ticks=1))
    for axis in (axes.xaxis, axes.yaxis):
        _number(axis, say)
    bare(axes)
    if not axes.lines:
        axes.text(0.5, 0.5, say("curves.empty"), ha="center", transform=axes.transAxes)
        axes.set_yticks([])


def _legend(figure: Figure, panels: Sequence[Axes], columns: int) -> None:
    """One for both panels, below them, where it hides no curve."""
    found: dict[str, Any] = {}
    for axes in panels:
        drawn, words = axes.get_legend_handles_labels()
        found |= dict(zip(words, drawn, strict=True))
    if found:
        handles, labels = list(found.values()), list(found)
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)


def _number(axis: Axis, say: Language) -> None:
    """Numbers of an axis as the language writes them; English ones are matplotlib's own."""
    if say.name == "fr":
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}".replace(".", ",")))


def _headline(title: str, history: Sequence[Row], say: Language) -> str:
    watched = any(row.get("test_loss") is not None for row in history)
    lines = [fill(legible(title), _TITLE_WIDTH), say("curves.watched") if watched else ""]
    return "\n".join(line for line in lines if line)


def _other(percent: float) -> float:
    """Accuracy to error rate, and back."""
    return 100 - percent
