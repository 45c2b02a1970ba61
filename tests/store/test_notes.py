from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from imagette.errors import StoreError
from imagette.store.folder import RunFolder


def test_notes_are_kept_in_order_with_their_time(run: RunFolder) -> None:  # 001-39
    assert run.notes() == []
    for text in ("first", "zweite Zeile: é\nand more"):
        assert run.append_note(text) is None
    assert [note["text"] for note in run.notes()] == ["first", "zweite Zeile: é\nand more"]
    age = datetime.now(UTC) - datetime.fromisoformat(run.notes()[0]["when"])
    assert abs(age) < timedelta(minutes=5)


def test_a_torn_note_goes_when_the_next_is_added_and_it_is_said(run: RunFolder) -> None:
    run.append_note("whole")
    with (run.path / "notes.jsonl").open("ab") as file:
        file.write(b'{"when": "20')
    said = run.append_note("next")
    assert said == f"{run.path / 'notes.jsonl'}: dropped its last line, torn after 12 bytes"
    assert [note["text"] for note in run.notes()] == ["whole", "next"]


def test_the_last_row_is_read_alone(run: RunFolder) -> None:
    assert run.last_row() is None
    for epoch in range(3):
        run.append_history({"epoch": epoch, "step": 0})
    path = run.path / "history.jsonl"
    path.write_bytes(b"damaged, and not read\n" + path.read_bytes() + b'{"torn')
    assert run.last_row() == {"epoch": 2, "step": 0}
    path.write_bytes(b"damaged\n")
    with pytest.raises(StoreError, match=r"history\.jsonl is damaged at line 1: copy it again"):
        run.last_row()


def test_the_last_line_of_the_log_is_found(run: RunFolder) -> None:
    assert run.last_log_line() == ""
    run.append_log("one\ntwo")
    assert run.last_log_line() == "two"


def test_a_split_not_evaluated_has_no_figures(run: RunFolder) -> None:
    assert run.evaluation_figures("train") is None
    run.write_evaluation("train", {"accuracy": 0.5}, {})
    assert run.evaluation_figures("train") == {"accuracy": 0.5}


def test_of_two_who_note_at_once_both_are_kept(run: RunFolder) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run.append_note, map(str, range(40))))
    assert sorted(int(note["text"]) for note in run.notes()) == list(range(40))
