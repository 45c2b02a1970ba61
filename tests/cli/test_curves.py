import pytest
from rich.console import Console

from imagette.cli.curves import Curves, curve_lines

ROWS = [
    {"epoch": n, "train_loss": 2.4 / (n + 1), "validation_loss": 2.5 / (n + 1)}
    | {"train_accuracy": 0.1 * n, "validation_accuracy": 0.09 * n + 0.1}
    for n in range(6)
]
BRAILLE = {chr(0x2800 + n) for n in range(1, 256)}


def shown(width, height, rows=ROWS, terminal=True, encoding="utf-8"):
    class Terminal(Console):
        encoding = "utf-8"

    Terminal.encoding = encoding
    console = Terminal(width=width, height=height, force_terminal=terminal, color_system=None)
    with console.capture() as captured:
        console.print(Curves(list(rows), 10))
    return captured.get().splitlines()


@pytest.mark.parametrize(("width", "height", "lines"), [(80, 24, 6), (200, 50, 12), (76, 20, 5)])
def test_both_plots_fit_and_leave_room_for_the_rows(width, height, lines):
    drawn = shown(width, height)
    assert len(drawn) == lines <= height // 3
    assert max(map(len, drawn)) <= width
    assert drawn[0].split()[:3] == ["loss", "╌╌", "train"]
    assert "accuracy %" in drawn[0]
    assert BRAILLE & set("".join(drawn))


@pytest.mark.parametrize(
    "room",
    [{"width": 59}, {"height": 19}, {"terminal": False}, {"encoding": "ascii"}, {"rows": []}],
)
def test_nothing_is_drawn_where_there_is_no_room(room):
    assert "".join(shown(**{"width": 80, "height": 24, **room})) == ""


def test_axes_say_the_extremes_and_the_epochs():
    lines = [line.plain for line in curve_lines(ROWS, 10, 100, 9)]
    assert lines[1].split()[:2] == ["2.5", "┤" + lines[1].split("┤")[1].split()[0]]
    assert lines[-2].split("┤")[0].strip() == "0.4"
    assert lines[-1].split() == ["0", "epoch", "10", "0", "epoch", "10"]


def test_a_falling_curve_falls_and_stays_within_the_epochs_so_far():
    only = [{"epoch": n, "validation_loss": 1 - n / 5} for n in range(6)]
    body = [line.plain for line in curve_lines(only, 10, 103, 10)][1:-1]
    columns = [[i for i, c in enumerate(line[:50]) if c in BRAILLE] for line in body]
    starts = [min(found) for found in columns]
    assert starts == sorted(starts)
    assert starts[0] == 8
    assert max(max(found) for found in columns) <= 8 + 43 // 2  # half of the axis is epoch 5


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_values_that_are_none_are_left_out(value):
    rows = [*ROWS, {"epoch": 6, "train_loss": value, "validation_accuracy": 1.0}]
    assert len(shown(80, 24, rows)) == 6


def test_one_epoch_and_equal_values_are_drawn():
    rows = [{"epoch": 0, "validation_loss": 2.3, "validation_accuracy": 0.1}]
    assert BRAILLE & set("".join(shown(80, 24, rows)))
