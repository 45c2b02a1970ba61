from io import BytesIO

import pytest
from matplotlib.path import Path
from PIL import Image

from imagette.report.colours import ORANGE
from imagette.report.curves import figure_bytes
from imagette.report.pareto import Point, Price, pareto_figure

POINTS = (
    Point("small", 1e3, 0.70, on_front=True),
    Point("middle", 5e3, 0.65, on_front=False),
    Point("large", 9e3, 0.80, on_front=True),
)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_the_front_is_a_line_and_the_others_are_marks():
    (axes,) = pareto_figure([Price("parameters", POINTS)], "accuracy %").axes
    others, front = axes.lines
    assert others.get_xydata().tolist() == [[5e3, 65]]
    assert front.get_xydata().tolist() == [[1e3, 70], [9e3, 80]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("parameters", "accuracy %")
    assert texts(axes) == ["small", "large", "middle"]


def test_each_price_has_its_panel_and_accuracy_is_shared():
    left, right = pareto_figure([Price("a", POINTS), Price("b", POINTS[:2])], "y").axes
    assert left.get_ylim() == right.get_ylim()
    assert (left.get_xlabel(), right.get_xlabel()) == ("a", "b")


def test_prices_far_apart_are_on_a_logarithmic_axis():
    dear = Point("dear", 1e6, 0.9, on_front=True)
    assert pareto_figure([Price("a", (*POINTS, dear))], "y").axes[0].get_xscale() == "log"
    assert pareto_figure([Price("a", POINTS)], "y").axes[0].get_xscale() == "linear"


def test_of_many_variants_only_the_front_is_named():
    crowd = tuple(Point(f"n{n}", 6e3, 0.5, on_front=False) for n in range(100))
    (axes,) = pareto_figure([Price("a", (*POINTS, *crowd))], "y").axes
    assert texts(axes) == ["small", "large"]


@pytest.mark.parametrize(
    "points", [(), POINTS[:1], (Point("$x_{ {y} \\frac", 0, 0.5, on_front=True),)]
)
def test_every_front_makes_a_picture(points):
    made = figure_bytes(pareto_figure([Price("$a_", points)], "accuracy %"))
    assert Image.open(BytesIO(made)).format == "PNG"


def test_what_others_have_published_is_an_orange_square_of_its_own():
    theirs = Point("theirs", 15.0, 0.95, True, is_theirs=True)
    (axes,) = pareto_figure([Price("parameters", (*POINTS, theirs))], "accuracy %").axes
    *_, squares = axes.lines
    assert (squares.get_marker(), list(squares.get_xdata())) == ("s", [15.0])
    front = next(line for line in axes.lines if line.get_marker() == "D")
    marked = {front.get_xdata()[place] for place in front.get_markevery()}
    assert marked == set(front.get_xdata()) - {15.0}, "a diamond would lie under the square"
    assert {text.get_text(): text.get_color() for text in axes.texts}["theirs"] == ORANGE


def test_names_of_points_that_lie_close_cover_neither_each_other_nor_a_mark():
    near = tuple(Point(f"variant {n}", 5e3 + n, 0.70 + n / 1e3, on_front=False) for n in range(5))
    figure = pareto_figure([Price("parameters", (*POINTS[:1], *near, POINTS[2]))], "accuracy %")
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 7
    assert not [1 for i, box in enumerate(boxes) for other in boxes[:i] if box.overlaps(other)]
    marks = axes.transData.transform([line for one in axes.lines for line in one.get_xydata()])
    assert not [1 for box in boxes for x, y in marks if box.contains(x, y)]


def test_no_name_covers_the_line_of_the_front():
    steep = (Point("low", 4e3, 0.75, on_front=True), Point("high", 4.1e3, 0.80, on_front=True))
    beaten = Point("beaten", 9e3, 0.72, on_front=False)
    (axes,) = pareto_figure([Price("parameters", (*POINTS[:1], *steep, beaten))], "%").axes
    corners = [(1e3, 70), (4e3, 70), (4e3, 75), (4.1e3, 75), (4.1e3, 80)]
    steps = Path(axes.transData.transform(corners))
    names = [text.get_window_extent() for text in axes.texts]
    assert [steps.intersects_bbox(name, filled=False) for name in names] == [False] * 4


def test_of_two_marks_one_above_the_other_each_is_nearest_to_its_own_name():
    pair = (Point("lower", 9e3, 0.75, on_front=False), Point("upper", 9e3, 0.7525, on_front=False))
    (axes,) = pareto_figure([Price("parameters", (*POINTS, *pair))], "accuracy %").axes
    *_, lower, upper = axes.texts
    assert texts(axes)[-2:] == ["lower", "upper"]
    assert upper.get_window_extent().y0 > lower.get_window_extent().y1
    marks = axes.transData.transform([name.xy for name in (upper, lower)])
    for name, (own, other) in ((upper, marks), (lower, marks[::-1])):
        box = name.get_window_extent()
        assert abs(own[1] - (box.y0 + box.y1) / 2) < abs(other[1] - (box.y0 + box.y1) / 2)
