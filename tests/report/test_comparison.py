from io import BytesIO

import pytest
from PIL import Image

from imagette.report.comparison import Curve, comparison_figure
from imagette.report.curves import figure_bytes


def curve(name: str = "batch=16", slow: float = 1.0, n: int = 3) -> Curve:
    return Curve(
        name=name,
        epochs=(0, 1, 2),
        seconds=(0.0, slow, 2 * slow),
        accuracy=(0.1, 0.5, 0.7),
        lowest=(0.1, 0.4, 0.6),
        highest=(0.1, 0.6, 0.8),
        n=n,
    )


def test_accuracy_is_drawn_against_epochs_and_against_seconds() -> None:  # 001-18
    left, right = comparison_figure([curve(slow=4)], "validation").axes
    assert left.lines[0].get_xydata().tolist() == [[0, 10], [1, 50], [2, 70]]
    assert right.lines[0].get_xydata().tolist() == [[0, 10], [4, 50], [8, 70]]
    assert left.get_xlabel() == "epoch (0: before training)"
    assert right.get_xlabel() == "seconds of training"
    assert left.get_ylabel() == "accuracy on validation (%)"


def test_the_range_of_the_seeds_is_a_band() -> None:
    assert len(comparison_figure([curve()], "validation").axes[0].collections) == 1
    assert len(comparison_figure([curve(n=1)], "validation").axes[0].collections) == 0


def test_the_legend_stands_beside_the_panels_and_counts_seeds() -> None:  # 002-18
    curves = [curve("sgd"), curve("adam", n=1)]
    figure = comparison_figure(curves, "validation", "SGD against Adam")
    figure.canvas.draw()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["sgd (n = 3)", "adam"]
    assert legend.get_window_extent().x0 > figure.axes[1].get_window_extent().x1


def test_twelve_variants_are_told_apart_and_fit() -> None:
    figure = comparison_figure([curve(f"variant {n}") for n in range(12)], "validation")
    figure.canvas.draw()
    lines = figure.axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 12
    assert figure.legends[0].get_window_extent().y0 > 0


def test_a_hundred_long_names_grow_the_picture() -> None:
    figure = comparison_figure([curve("a long name " * 6) for _ in range(100)], "validation")
    figure.canvas.draw()
    assert figure.legends[0].get_window_extent().y0 > 0


def test_seconds_far_apart_are_drawn_on_a_logarithmic_axis_without_the_start() -> None:
    curves = [curve("all", slow=0.1), curve("batch=1", slow=100)]
    right = comparison_figure(curves, "validation").axes[1]
    assert right.get_xscale() == "log"
    assert right.get_xlabel() == "seconds of training (logarithmic)"
    assert comparison_figure([curve(), curve(slow=3)], "x").axes[1].get_xscale() == "linear"


@pytest.mark.parametrize(
    "curves", [[], [curve("a $long title_ {" * 9)], [curve(slow=0)], [curve(), curve(slow=99)]]
)
def test_every_comparison_makes_a_picture_and_equal_ones_equal_bytes(curves: list[Curve]) -> None:
    # 000-27
    made = [figure_bytes(comparison_figure(curves, "test", "$x_")) for _ in range(2)]
    assert Image.open(BytesIO(made[0])).format == "PNG"
    assert made[0] == made[1]
