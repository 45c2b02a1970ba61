"""The figure of an ablation: a mark a variant, an interval where it is known."""

from imagette.report.ablation import Row, ablation_figure
from imagette.report.colours import BLUE, GREY, ORANGE


def test_each_variant_has_its_place_its_colour_and_its_interval():
    rows = [
        Row("plain", -0.02, (-0.03, -0.01), "worse"),
        Row("$more$", 0.01, (0.002, 0.018), "better"),
        Row("same", 0.0, None, "no difference shown"),
    ]
    axes = ablation_figure(rows, "full", "test").axes[0]
    marks = [line for line in axes.lines if line.get_marker() not in ("None", "")]
    found = [(m.get_color(), m.get_xdata()[0], m.get_ydata()[0]) for m in marks]
    assert found == [(ORANGE, -2.0, 0), (BLUE, 1.0, 1), (GREY, 0.0, 2)]
    intervals = [list(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2][1:]
    assert intervals == [[-3.0, -1.0], [0.2, 1.7999999999999998]]
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first on top"
