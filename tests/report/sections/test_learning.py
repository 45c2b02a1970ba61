"""What the curves of a run say, in words, with the epoch."""

from dataclasses import replace

import pytest

from imagette.report.language import language
from imagette.report.sections.learning import epochs_table, learning, seconds_of, words

EN, FR = language("en"), language("fr")


def rows(train, validation):
    return [
        {
            "epoch": epoch,
            "step": epoch,
            "train_loss": a,
            "validation_loss": b,
            "train_accuracy": 1 - a / 10,
            "validation_accuracy": 1 - b / 10,
        }
        for epoch, (a, b) in enumerate(zip(train, validation, strict=True))
    ]


@pytest.fixture
def record_of(make_record):
    def make(history, **run):
        return replace(make_record(**run), history=tuple(history))

    return make


def said(record, say=EN):
    return " ".join(block.text for block in words(record, say))


def test_overfitting_is_told_with_its_epoch_and_losses(record_of):  # 000-10
    record = record_of(rows([2, 1.5, 1, 0.5, 0.2, 0.1], [2, 1.6, 1.7, 1.8, 1.9, 2.0]))
    assert "overfits since epoch 1: the validation loss rose from 1.600 to 2.000" in said(record)
    assert "surapprentissage depuis l'époque 1" in said(record, FR)
    assert "de 1,600 à 2,000" in said(record, FR)


def test_stagnation_is_told_with_its_epoch(record_of):  # 001-28
    record = record_of(rows([2, 1, 1, 1, 1], [2, 1, 1, 1, 1]))
    assert "Stagnation since epoch 1: validation loss did not improve" in said(record)
    record = record_of(rows([5, 4, 3, 2, 1], [5, 4, 3, 2, 1]))
    assert "No stagnation" in said(record)
    assert "No overfitting" in said(record)


def test_the_recipe_says_how_long_is_stagnation(record_of):
    history = rows([3, 2, 1, 1, 1], [3, 2, 1, 1, 1])
    stopping = {"figure": "train_loss", "patience": 2}
    told = said(record_of(history, recipe={"stopping": stopping}))
    assert "Stagnation since epoch 2: training loss did not improve in the 2 epochs" in told


def test_the_gap_at_the_end_is_told_in_points(record_of):
    record = record_of(rows([5, 1], [5, 2]))
    assert "training is 10.0 points of accuracy ahead" in said(record)


def test_a_watched_test_set_is_marked_first(record_of):
    record = record_of(rows([2, 1], [2, 1]), evaluation={"test": "each-epoch"})
    assert next(words(record, EN)).text.startswith("The test set was measured at each epoch")


def test_the_table_of_epochs_holds_losses_accuracies_errors_and_seconds():  # 001-12
    history = rows([2, 1], [2, 1.5])
    timings = [{"epoch": 0, "train_seconds": 0.0}, {"epoch": 1, "train_seconds": 2.5}]
    table = epochs_table(history, timings, EN)
    assert [cell.text.replace("\xa0", " ") for cell in table.rows[1]] == [
        *("1", "1.0000", "90.00 %", "10.00 %", "1.5000", "85.00 %", "15.00 %", "2.5 s")
    ]


def test_seconds_add_up_and_are_left_out_where_an_epoch_lacks_them():
    history = rows([3, 2, 1], [3, 2, 1])
    timings = [{"epoch": epoch, "train_seconds": 2.0} for epoch in range(3)]
    assert seconds_of(history, timings) == (2.0, 4.0, 6.0)
    assert seconds_of(history, timings[:2]) == ()


def test_curves_are_drawn_against_epochs_and_against_seconds(make_record):
    blocks = learning(make_record(), EN).blocks
    drawn = [block.figure for block in blocks if block.kind == "drawing"]
    labels = [figure.axes[0].get_xlabel() for figure in drawn]
    assert labels == ["epoch (0: before training)", "seconds of training"]


def test_an_opened_test_set_is_a_line_of_the_curves(make_record):  # 000-13
    record = make_record(judged=("test", "validation"))
    figure = next(block.figure for block in learning(record, FR).blocks if block.kind == "drawing")
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert any(text.startswith("test, ouvert") and "," in text for text in texts)


def test_without_an_epoch_the_section_says_what_to_do(make_record):
    (block,) = learning(make_record(accuracies=(0.1,)), EN).blocks
    assert block.tone == "missing"
    assert "--resume" in block.text
