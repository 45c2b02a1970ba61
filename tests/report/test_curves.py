import subprocess
import sys
from io import BytesIO
from typing import Any

import pytest
from matplotlib.figure import Figure
from PIL import Image

from imagette.report.curves import curves, figure_bytes


def history(epochs: int, splits: tuple[str, ...] = ("train", "validation")) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for epoch in range(epochs + 1):
        row: dict[str, Any] = {"epoch": epoch}
        for split in splits:
            unknown = split == "train" and epoch == 0
            row[f"{split}_loss"] = None if unknown else 2 / (1 + epoch)
            row[f"{split}_accuracy"] = None if unknown else epoch / (1 + epoch)
        rows.append(row)
    return rows


def labels(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_loss_and_accuracy_are_drawn_for_train_and_validation() -> None:  # 000-06, 003-12
    figure = curves(history(3), "vgg8")
    loss, accuracy = figure.axes
    assert labels(figure) == ["training", "validation"]
    for axes in (loss, accuracy):
        assert axes.get_xlabel() == "epoch (0: before training)"
    assert loss.get_ylabel() == "loss (mean over images)"
    assert accuracy.get_ylabel() == "accuracy (%)"
    assert list(accuracy.lines[1].get_xydata()[1]) == [1, 50]


def test_the_error_rate_can_be_read_off_the_same_curve() -> None:  # 001-12
    figure = curves(history(3), "vgg8")
    (error,) = figure.axes[1].child_axes
    figure.canvas.draw()
    assert error.get_ylabel() == "error rate (%)"
    for percent in (0, 30, 75):
        here = figure.axes[1].transData.transform((0, percent))[1]
        assert error.transData.transform((0, 100 - percent))[1] == pytest.approx(here)


def test_an_opened_test_result_is_a_horizontal_line_with_its_value() -> None:  # 000-13
    figure = curves(history(3), "vgg8", test_accuracy=0.8312)
    assert labels(figure)[-1] == "test, opened: 83.12\xa0%"
    assert list(figure.axes[1].lines[-1].get_ydata()) == [83.12, 83.12]


def test_the_epoch_since_which_it_overfits_is_a_vertical_line() -> None:  # 000-10, 001-28
    seconds = (0.0, 1.5, 3.5, 7.0)
    for against, at in (((), 2), (seconds, 3.5)):
        figure = curves(history(3), onsets={"overfits": 2, "stagnates": 2}, seconds=against)
        for axes in figure.axes:
            assert [list(line.get_xdata()) for line in axes.lines[-2:]] == [[at, at]] * 2
        assert labels(figure)[2:] == ["overfits since epoch 2", "stagnates since epoch 2"]


def test_a_test_set_that_was_watched_is_marked() -> None:  # 000-12, 001-11
    figure = curves(history(3, ("train", "validation", "test")), "lenet_cifar")
    assert labels(figure) == ["training", "validation", "test, each epoch"]
    assert figure.get_suptitle() == "lenet_cifar\n(test set watched each epoch)"
    assert curves(history(3), "lenet_cifar").get_suptitle() == "lenet_cifar"


def test_for_a_phone_the_panels_stand_under_each_other() -> None:
    figure = curves(history(3), stacked=True)
    figure.canvas.draw()
    loss, accuracy = (axes.get_position() for axes in figure.axes)
    assert figure.get_figwidth() < 6
    assert loss.y0 > accuracy.y1
    assert labels(figure) == ["training", "validation"]


def test_splits_are_told_apart_without_colour() -> None:
    lines = curves(history(3, ("train", "validation", "test")), "x").axes[0].lines
    assert [line.get_linestyle() for line in lines] == ["--", "-", ":"]
    assert len({line.get_marker() for line in lines}) == 3


def test_a_single_epoch_stands_in_the_middle_and_shows_its_point() -> None:
    loss = curves(history(0), "x").axes[0]
    assert loss.get_xlim() == (-0.5, 0.5)
    assert [line.get_marker() for line in loss.lines] == ["s"]


def test_marks_do_not_hide_the_lines_of_a_long_run() -> None:
    assert {line.get_marker() for line in curves(history(300), "x").axes[0].lines} == {""}


@pytest.mark.parametrize("rows", [[], history(0), history(1), history(2, ("train",))])
def test_every_history_makes_a_picture(rows: list[dict[str, Any]]) -> None:  # 000-27
    picture = Image.open(BytesIO(figure_bytes(curves(rows, "a $long title_ {" * 20))))
    assert picture.format == "PNG"
    assert picture.size == (1200, 552)


def test_equal_histories_give_equal_bytes() -> None:
    assert figure_bytes(curves(history(2), "x")) == figure_bytes(curves(history(2), "x"))


def test_no_display_and_no_global_state_are_needed() -> None:  # 000-27
    script = (
        "import sys; from imagette.report.curves import curves, figure_bytes;"
        "figure_bytes(curves([], 'x')); sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], env=None, check=False).returncode == 0
