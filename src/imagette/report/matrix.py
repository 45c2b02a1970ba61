"""The confusion matrix of many classes: too many for numbers, so each cell is drawn."""

from collections import defaultdict
from collections.abc import Iterator
from math import ceil

from markupsafe import Markup, escape

from imagette.report.blocks import Matrix
from imagette.report.language import Language

LARGEST_TABLE = 20
"""Classes up to which a confusion matrix shows its numbers; above it is drawn."""

_SIDE = 9.0  # of a cell, in units of the drawing, which are pixels where there is room
_INSET = 120.0  # room for the names, left and above
_STEPS = 8  # of colour: cells of one step are one path, or the page would be megabytes
_LONGEST = 20  # characters of a name


def matrix_svg(matrix: Matrix, say: Language) -> Markup:
    """An SVG that can be clicked and walked through: share of each row as strength of colour."""
    size = len(matrix.names)
    whole = _INSET + size * _SIDE + 2
    inside = "".join((*_axes(say), *_names(matrix.names), *_cells(matrix), _frame(size)))
    return Markup(
        f'<svg viewBox="0 0 {whole:g} {whole:g}" width="{whole:g}" height="{whole:g}" tabindex="0" '
        f'role="application" aria-label="{escape(say("matrix.drawn", n=size))}" '
        f'data-side="{_SIDE:g}" data-inset="{_INSET:g}" class="drawn">{inside}</svg>'
    )


def _axes(say: Language) -> Iterator[str]:
    predicted, true = escape(say("matrix.predicted")), escape(say("matrix.true"))
    yield f'<text class="axis" x="{_INSET:g}" y="12">{predicted}</text>'
    yield f'<text class="axis" transform="translate(12 {_INSET:g}) rotate(-90)" text-anchor="end">'
    yield f"{true}</text>"


def _cells(matrix: Matrix) -> Iterator[str]:
    paths: dict[tuple[str, int], list[str]] = defaultdict(list)
    stronger = _stronger(matrix)
    for row, counts in enumerate(matrix.counts):
        total = sum(counts)
        for column, count in enumerate(counts):
            if count:
                kind, scale = ("right", 1) if row == column else ("wrong", stronger)
                step = min(_STEPS, ceil(_STEPS * scale * count / total))
                paths[kind, step].append(f"M{column} {row}h1v1h-1z")
    yield f'<g transform="translate({_INSET:g} {_INSET:g}) scale({_SIDE:g})">'
    for (kind, step), drawn in sorted(paths.items()):
        yield f'<path class="{kind}" opacity="{step / _STEPS:g}" d="{"".join(drawn)}"/>'
    yield "</g>"


def _stronger(matrix: Matrix) -> float:
    """How much stronger mistakes are coloured: the largest fully, and all at least three times."""
    shares = (
        count / sum(counts)
        for row, counts in enumerate(matrix.counts)
        for column, count in enumerate(counts)
        if count and row != column
    )
    return max(3.0, 1 / max(shares, default=1.0))


def _names(names: tuple[str, ...]) -> Iterator[str]:
    for number, name in enumerate(names):
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
        at = _INSET + (number + 0.5) * _SIDE
        place = f"translate({_INSET - 5:g} {at:g})"
        above = f"translate({at:g} {_INSET - 5:g}) rotate(-90)"
        yield f'<text transform="{place}" text-anchor="end" dy=".35em">{escape(short)}</text>'
        yield f'<text transform="{above}" dy=".35em">{escape(short)}</text>'


def _frame(size: int) -> str:
    corner, side = f'x="{_INSET:g}" y="{_INSET:g}"', f"{size * _SIDE:g}"
    edge = f'<rect class="edge" {corner} width="{side}" height="{side}"/>'
    return f'{edge}<rect class="cursor" width="{_SIDE:g}" height="{_SIDE:g}"/>'
