import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from imagette.errors import StoreError
from imagette.store.ledger import Chain, Ledger, ledger_path, openings, verify
from imagette.store.lines import read_lines


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    monkeypatch.setenv("IMAGETTE_STATE", str(folder))
    return folder


LEDGER = Ledger(run=None, weights_digest="ab12", command="imagette evaluate runs/x --open-test")


def record(times: int) -> list[bytes]:
    for _ in range(times):
        LEDGER.record("cifar10", "d1")
    return ledger_path("cifar10").read_bytes().splitlines(keepends=True)


def test_an_opening_says_when_what_who_and_with_which_weights() -> None:  # 000-12
    LEDGER.record("cifar10", "d1")
    (row,) = openings("cifar10")
    assert list(row) == [
        "when",
        "dataset",
        "digest",
        "run",
        "weights_digest",
        "command",
        "purpose",
        "runs_of_title",
        "previous",
    ]
    assert (row["dataset"], row["digest"], row["weights_digest"]) == ("cifar10", "d1", "ab12")
    assert row["purpose"] == "evaluate"


def test_each_row_holds_the_digest_of_the_row_before() -> None:
    first, _ = record(times=2)
    rows = openings("cifar10")
    assert rows[0]["previous"] == "0" * 64
    assert rows[1]["previous"] == sha256(first).hexdigest()
    assert verify("cifar10") == Chain(2, broken_at=None)


def test_data_sets_have_ledgers_of_their_own() -> None:
    names = ["cifar10", "folder:/a b", "folder:/a-b", "folder:/a/b"]
    assert len({ledger_path(name) for name in names}) == len(names)
    assert verify("mnist") == Chain(0, broken_at=None)


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        (lambda lines: [lines[0].replace(b"d1", b"d2"), *lines[1:]], 2),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [lines[0], b"{]\n", lines[2]], 2),
        (lambda lines: [lines[0], b"[]\n", lines[2]], 2),
    ],
)
def test_a_row_changed_removed_or_moved_breaks_the_chain(change, broken_at: int) -> None:  # type: ignore[no-untyped-def]
    ledger_path("cifar10").write_bytes(b"".join(change(record(times=3))))
    assert verify("cifar10").broken_at == broken_at
    assert not verify("cifar10").is_whole


def test_the_extract_travels_with_the_run(tmp_path: Path) -> None:
    record(times=2)
    Ledger(tmp_path, "cd34", "imagette train", "each-epoch").record("cifar10", "d1")
    assert read_lines(tmp_path / "ledger.jsonl") == openings("cifar10")[-1:]


def test_an_opening_that_cannot_be_recorded_is_refused(state: Path) -> None:  # 000-12
    state.write_bytes(b"a file where the folder should be")
    with pytest.raises(StoreError, match="The test set of cifar10 stays sealed, its opening"):
        LEDGER.record("cifar10", "d1")


def test_an_extract_that_cannot_be_written_refuses_the_opening_too(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="stays sealed"):
        Ledger(tmp_path / "gone", "cd34", "imagette evaluate").record("cifar10", "d1")


def test_a_torn_row_is_dropped_for_nothing_was_opened() -> None:
    record(times=1)
    with ledger_path("cifar10").open("ab") as file:
        file.write(b'{"when": "20')
    record(times=1)
    assert verify("cifar10") == Chain(2, broken_at=None)


def test_a_torn_extract_does_not_stop_the_next_opening(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").write_bytes(b'{"when"')
    Ledger(tmp_path, "cd34", "imagette evaluate").record("cifar10", "d1")
    assert read_lines(tmp_path / "ledger.jsonl") == openings("cifar10")


def test_a_ledger_that_is_a_link_out_of_the_state_folder_is_not_written(tmp_path: Path) -> None:
    path, elsewhere = ledger_path("cifar10"), tmp_path / "elsewhere.txt"
    path.parent.mkdir(parents=True)
    for name in (path.name, f"{path.name}.lock"):
        elsewhere.write_bytes(b"a line of another\nand a torn one")
        link = path.with_name(name)
        link.unlink(missing_ok=True)
        link.symlink_to(elsewhere)
        with pytest.raises(StoreError) as told:
            LEDGER.record("cifar10", "d1")
        assert f"{link} is a link, and nothing is written through one: put the" in str(told.value)
        assert "\n" not in str(told.value)
        assert elsewhere.read_bytes() == b"a line of another\nand a torn one"
        link.unlink()
    record(times=1)
    assert verify("cifar10") == Chain(1, broken_at=None)


def test_a_folder_of_ledgers_that_is_a_link_is_not_written(tmp_path: Path) -> None:
    folder, elsewhere = ledger_path("cifar10").parent, tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(elsewhere)
    with pytest.raises(StoreError, match=r"stays sealed.*ledger is a link, and no ledger is kept"):
        LEDGER.record("cifar10", "d1")
    assert not list(elsewhere.iterdir())


def test_an_extract_that_is_a_link_out_of_the_run_is_not_written(tmp_path: Path) -> None:
    elsewhere, run = tmp_path / "elsewhere.txt", tmp_path / "run"
    elsewhere.write_bytes(b'{"of": "another"}\n')
    run.mkdir()
    (run / "ledger.jsonl").symlink_to(elsewhere)
    with pytest.raises(StoreError, match=r"stays sealed.*ledger\.jsonl is a link"):
        Ledger(run, "cd34", "imagette evaluate").record("cifar10", "d1")
    assert elsewhere.read_bytes() == b'{"of": "another"}\n'


def test_two_processes_break_no_chain() -> None:
    script = (
        "from imagette.store.ledger import Ledger\n"
        "for _ in range(25): Ledger(None, 'ab12', 'x').record('cifar10', 'd1')"
    )
    both = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert verify("cifar10") == Chain(50, broken_at=None)
