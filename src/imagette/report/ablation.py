"""What each ingredient of a recipe is worth: differences with their intervals, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from imagette.report.colours import BLACK, BLUE, GREY, ORANGE
from imagette.report.names import shown
from imagette.report.style import bare, new_figure

_WIDTH_INCHES = 7.0
_INCHES_A_ROW = 0.34
_LOOKS = {"better": (BLUE, "D"), "worse": (ORANGE, "s")}  # others: no difference shown


@dataclass(frozen=True, slots=True)
class Row:
    """A variant: its difference in accuracy (-1 to 1), the interval if known, and the verdict."""

    name: str
    difference: float
    interval: tuple[float, float] | None
    verdict: str


def ablation_figure(rows: Sequence[Row], against: str, split: str) -> Figure:
    """Draw a mark a variant, the first on top, with its 95 % interval as a line.

    Better is a blue diamond, worse an orange square; a grey circle shows no difference.
    """
    figure = new_figure(1.0 + _INCHES_A_ROW * max(2, len(rows)), _WIDTH_INCHES)
    axes = figure.subplots()
    axes.axvline(0, color=BLACK, linewidth=1)
    for place, row in enumerate(rows):
        colour, mark = _LOOKS.get(row.verdict, (GREY, "o"))
        if row.interval:
            bounds = [100 * bound for bound in row.interval]
            axes.plot(bounds, [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot(100 * row.difference, place, marker=mark, color=colour, markersize=7)
    axes.set_yticks(range(len(rows)), [shown(row.name).replace("$", r"\$") for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    label = f"difference in accuracy on {split} from '{shown(against)}', points"
    axes.set_xlabel(label, parse_math=False)
    bare(axes)
    axes.grid(visible=False, axis="y")
    return figure
