"""What the network is worth, on each split and each class."""

import json
from dataclasses import replace

import numpy as np
import pytest

from imagette.evaluate import Predictions, evaluate
from imagette.evaluate.evaluation import ClassAccuracy
from imagette.report.blocks import Matrix
from imagette.report.language import language
from imagette.report.record import read_record
from imagette.report.sections.result import classes_table, confusions, headline, result, split_name

EN, FR = language("en"), language("fr")


@pytest.fixture
def evaluation():
    labels = np.array([0, 0, 0, 1, 1, 2], np.int32)
    answers = np.array([0, 0, 1, 1, 1, 0])
    return evaluate(Predictions(np.eye(3, dtype=np.float32)[answers], labels), ("a", "b", "c"))


def texts(row):
    return [cell.text.replace("\xa0", " ") for cell in row]


def test_each_class_has_its_accuracy_interval_and_confusion(evaluation):  # 001-13 001-41
    table = classes_table(evaluation, "test", EN)
    assert texts(table.rows[0])[:2] == ["a", "66.7 %"]
    assert texts(table.rows[0])[3:] == ["3", "b (1)"]
    assert texts(table.rows[1])[4] == ""
    low, high = evaluation.per_class["a"].interval
    assert table.rows[0][1].bar == (pytest.approx(2 / 3), low, high)
    assert texts(table.rows[0])[2] == f"{100 * low:.1f}–{100 * high:.1f} %"


def test_the_confusions_that_happen_most_come_first(evaluation):
    matrix, table = confusions(evaluation, EN).blocks
    assert matrix.counts == evaluation.confusion  # 003-15
    assert [texts(row)[:3] for row in table.rows] == [["a", "b", "1"], ["c", "a", "1"]]


def test_the_test_set_is_looked_at_closely_where_it_was_opened(make_record):
    record = make_record(judged=("train", "validation", "test"))
    assert record.split == "test"
    assert [row[0].text for row in result(record, EN).blocks[0].rows] == [
        *("test", "validation", "training")
    ]
    assert headline(record, EN).facts[0].name == "accuracy on test"
    assert make_record(judged=("validation", "train")).split == "validation"


def test_a_run_that_was_not_judged_says_the_remedy(make_record):
    (block,) = result(make_record(judged=()), EN).blocks
    assert block.tone == "missing"
    assert "imagette evaluate" in block.text


def test_an_evaluation_from_before_the_run_went_on_is_not_its_result(judged_run, make_record):
    run = judged_run()
    path = run.path / "evaluation" / "validation.json"
    step = run.finished()["step"]
    path.write_text(json.dumps({**json.loads(path.read_text()), "checkpoint": step}))
    assert read_record(run, "finished", None).split == "validation"
    path.write_text(json.dumps({**json.loads(path.read_text()), "checkpoint": step - 1}))
    record = read_record(run, "finished", None)
    assert (record.split, record.earlier) == (None, {"validation": step - 1})
    said = [block.text for block in result(record, EN).blocks if block.kind == "text"]
    assert f"The evaluation on validation is of step {step - 1}, from which the run" in said[0]


def test_a_damaged_evaluation_is_named_and_the_rest_is_shown(judged_run, make_record):
    from imagette.report.record import read_record

    folder = judged_run(judged=("validation", "test"))
    folder.write_evaluation("test", {"accuracy": 0.5}, {"logits": np.zeros(1)})
    blocks = result(read_record(folder, "finished", None), EN).blocks
    assert "The evaluation on test cannot be read: run imagette evaluate again." in [
        getattr(block, "text", "") for block in blocks
    ]


def test_the_name_of_a_split_keeps_what_follows_the_dash():
    assert split_name("train", FR) == "entraînement"
    assert split_name("test-best", EN) == "test (best)"


def test_many_classes_are_ordered_with_their_pictures(evaluation):
    counts = np.diag(np.full(24, 9))
    counts[0, 23] = counts[23, 0] = 5  # the first and the last are confused
    names = [f"class {n}" for n in range(24)]
    many = replace(
        evaluation,
        confusion=tuple(map(tuple, counts.tolist())),
        per_class={name: ClassAccuracy(0.9, (0.8, 1.0), 9) for name in names},
    )
    matrix = confusions(many, EN, ((0, 23, (7, 8)),)).blocks[0]
    assert isinstance(matrix, Matrix)
    ((row, column, places),) = matrix.behind
    assert (matrix.names[row], matrix.names[column], places) == ("class 0", "class 23", (7, 8))
    assert matrix.counts[row][column] == 5
    assert abs(row - column) == 1
