"""Purpose, end and budget of a run."""

from dataclasses import replace

from imagette.report.language import language
from imagette.report.reasons import told
from imagette.report.sections.objective import objective, purpose

EN, FR = language("en"), language("fr")


def budget_rows(record, say=EN):
    table = next(block for block in objective(record, say).blocks if block.kind == "table")
    return {row[0].text: (row[1].text, row[2].text, row[4].text) for row in table.rows}


def test_a_limit_is_met_or_not_with_what_was_used(make_record):  # 001-31
    rows = budget_rows(make_record(budget={"parameters": 250_000}))
    assert rows == {"trainable parameters": ("250,000", "7,850", "met")}
    rows = budget_rows(make_record(budget={"parameters": 7_849}))
    assert rows["trainable parameters"][2] == "not met"


def test_the_time_limit_is_compared_with_the_whole_run(make_record):  # 001-32
    record = make_record(budget={"minutes": 1.0})
    assert budget_rows(record)["time, from the command's start"][2] == "not known before the end"
    spent = {"train_seconds": 50.0, "total_seconds": 61.0}
    late = replace(record, finished={"spent": spent})
    assert budget_rows(late)["time, from the command's start"] == (
        "1 min 00 s".replace(" ", "\xa0"),
        "1 min 01 s".replace(" ", "\xa0"),
        "not met",
    )


def test_without_a_budget_the_page_says_so(make_record):
    blocks = objective(make_record(), EN).blocks
    assert "The experiment sets no budget." in [getattr(block, "text", "") for block in blocks]


def test_the_purpose_is_the_head_of_the_file_without_its_keys():
    head = "# Beat it under a budget.\n# In an hour.\n# Command: imagette train x\nseed = 0"
    assert purpose(head) == ("Beat it under a budget. In an hour.",)
    assert purpose('{"seed": 0}') == purpose(None) == ()


def test_why_a_run_ended_is_told_in_the_language_of_the_page():
    fitted = "4.50 epochs fitted into the 60 min of the budget"
    assert told(fitted, FR) == "4,50 époques ont tenu dans les 60 min du budget"
    stagnant = "validation_loss has not improved since epoch 12 (patience 3)"
    assert told(stagnant, EN) == "validation loss has not improved since epoch 12 (patience 3)"
    assert told("loss is NaN", FR) == "loss is NaN"


def test_notes_are_shown_with_their_time(judged_run):
    from imagette.report.record import read_record

    folder = judged_run()
    folder.append_note("rate <too> high")
    blocks = objective(read_record(folder, "finished", None), EN).blocks
    assert blocks[-1].text.endswith("UTC: rate <too> high")
