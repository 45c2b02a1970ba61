import csv
import io

import pytest

from imagette.cli.comparison_csv import comparison_csv
from imagette.run.compare import compare_runs
from imagette.run.runs import note_run


def read(*paths):
    return list(csv.DictReader(io.StringIO(comparison_csv(compare_runs(paths)))))


@pytest.mark.parametrize(
    "title", ["=HYPERLINK(1)", "+1", "-2+3", "@SUM(A1)", "\t=1", " =1", '=cmd|"/C calc"!A0']
)
def test_a_title_that_is_a_formula_is_a_text(make_run, title):
    run = make_run("one", title=title)
    note_run(run.path, title)
    (row,) = read(run.path)
    assert row["variant"] == f"'{title}"
    assert row["notes"].startswith("'")


@pytest.mark.parametrize("title", ['a "b", c; d', "two\nlines\r\n", "naïve ∑ 模型"])
def test_any_title_comes_back_as_it_was(make_run, title):
    run = make_run("one", title=title)
    (row,) = read(run.path)
    assert row["variant"] == title


def test_negative_numbers_stay_numbers(make_run):
    half = [True] * 10 + [False] * 10
    better = make_run("one", right=[True] * 20)
    worse = make_run("other", right=half, recipe={"batch": 16})
    row = read(better.path, worse.path)[1]
    assert float(row["difference"]) == -0.5
    assert float(row["p"]) == float(row["p_corrected"]) == 2 / 2**10
    assert (row["pairs"], row["comparisons"], row["over"]) == ("20", "1", "images")
    assert float(row["low"]) < -0.5 < float(row["high"]) < 0
