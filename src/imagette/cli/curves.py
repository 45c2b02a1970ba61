"""The curves of a training in the terminal, in braille: eight dots a character.

Nothing is drawn where there is no room: lines would scroll the epochs' rows away.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from imagette.report.colours import BLUE, GREEN, ORANGE

Row = Mapping[str, Any]

LEAST_WIDTH, LEAST_HEIGHT = 76, 20  # of the terminal
MOST_LINES = 12  # of a plot
GAP = 3  # columns between the plots
AXIS = 8  # columns of an axis with its numbers

# Those of the figures (Okabe and Ito), told apart by dashes too.
LOOKS = {"train": (BLUE, True), "validation": (ORANGE, False), "test": (GREEN, False)}
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of braille, by row and column
_EMPTY = 0x2800


@dataclass
class Curves:
    """Loss and accuracy of the epochs so far; renders to as many lines as there is room for."""

    rows: list[Row] = field(default_factory=list)
    last_epoch: int = 1  # how far the axis reaches, where that is known

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.rows and has_room(console):
            lines = min(MOST_LINES, console.height // 4)
            yield from curve_lines(self.rows, self.last_epoch, options.max_width, lines)


def has_room(console: Console) -> bool:
    """Whether this is a terminal that is large enough, and shows braille."""
    room = console.width >= LEAST_WIDTH and console.height >= LEAST_HEIGHT
    return console.is_terminal and room and console.encoding.startswith("utf")


def curve_lines(rows: Sequence[Row], last_epoch: int, width: int, lines: int) -> Iterator[Text]:
    """Two plots side by side, `lines` high with title and axis: the loss, and accuracy in %."""
    each = (width - GAP) // 2
    last = max(1, last_epoch, *(int(row["epoch"]) for row in rows))
    losses = _plot(rows, "loss", 1.0, last, each, lines)
    accuracies = _plot(rows, "accuracy", 100.0, last, each, lines)
    for left, right in zip(losses, accuracies, strict=True):
        left.pad_right(each + GAP - left.cell_len)
        yield left + right


def _plot(
    rows: Sequence[Row], figure: str, scale: float, last: int, width: int, lines: int
) -> list[Text]:
    curves = {split: _points(rows, f"{split}_{figure}", scale) for split in LOOKS}
    shown = {split: points for split, points in curves.items() if points}
    values = [value for points in shown.values() for _, value in points]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if high == low:
        low, high = low - 0.5, high + 0.5
    cells = _cells(shown, (low, high), last, width - AXIS, lines - 2)
    title = Text(f"{figure}{' %' if scale == 100 else ''}".rjust(AXIS - 2), style="bold")
    title.append("  ")
    for split in shown:
        colour, dashed = LOOKS[split]
        title.append(f"{'╌╌' if dashed else '──'} {split} ", style=colour)
    body = [_axis(n, len(cells), low, high) + line for n, line in enumerate(cells)]
    title.truncate(width)
    return [title, *body, _epochs(last, width)]


def _points(rows: Sequence[Row], name: str, scale: float) -> list[tuple[int, float]]:
    return [(int(row["epoch"]), scale * row[name]) for row in rows if _is_known(row.get(name))]


def _is_known(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e12  # neither absent, nan nor inf


def _axis(line: int, lines: int, low: float, high: float) -> Text:
    """Numbers at both ends and in the middle."""
    share = 1 - line / max(1, lines - 1)
    marked = line in (0, lines - 1) or (lines >= 7 and line == lines // 2)
    number = f"{low + share * (high - low):.3g}" if marked else ""
    return Text(f"{number:>{AXIS - 2}} {'┤' if marked else '│'}", style="dim")


def _epochs(last: int, width: int) -> Text:
    line = " " * AXIS + "0" + "epoch".center(width - AXIS - 1 - len(str(last))) + str(last)
    return Text(line, style="dim")


def _cells(
    curves: Mapping[str, Sequence[tuple[int, float]]],
    bounds: tuple[float, float],
    last: int,
    width: int,
    lines: int,
) -> list[Text]:
    """The curves on `width` x `lines` characters, the later ones over the earlier."""
    masks = [[_EMPTY] * width for _ in range(lines)]
    colours = [[""] * width for _ in range(lines)]
    low, high = bounds
    for split, points in curves.items():
        colour, dashed = LOOKS[split]
        placed = [
            (epoch / last * (2 * width - 1), (high - value) / (high - low) * (4 * lines - 1))
            for epoch, value in points
        ]
        for x, y in _dots(placed):
            if not dashed or x % 6 < 4:
                masks[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
                colours[y // 4][x // 2] = colour
    return [
        Text.assemble(*((chr(mask), colour) for mask, colour in zip(m, c, strict=True)))
        for m, c in zip(masks, colours, strict=True)
    ]


def _dots(points: Sequence[tuple[float, float]]) -> Iterator[tuple[int, int]]:
    """The dots of straight lines from point to point; of one point, itself."""
    yield from ((round(x), round(y)) for x, y in points[:1])
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = max(1, round(max(abs(x1 - x0), abs(y1 - y0))))
        for step in range(1, steps + 1):
            share = step / steps
            yield round(x0 + share * (x1 - x0)), round(y0 + share * (y1 - y0))
