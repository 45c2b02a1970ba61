import errno
import os
from pathlib import Path

import pytest

from imagette.errors import StoreError
from imagette.store.lines import append_line, append_text, drop_torn_line, keep_lines, read_lines


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    append_line(path, {"epoch": 0})
    with path.open("ab") as file:
        file.write(b'{"epoch": 1, "tra')
    return path


def test_rows_come_back_in_order_with_the_same_bits(tmp_path: Path) -> None:
    rows = [{"epoch": 0, "loss": 0.1 + 0.2}, {"epoch": 1, "loss": None}]
    for row in rows:
        append_line(tmp_path / "a.jsonl", row)
    assert read_lines(tmp_path / "a.jsonl") == rows


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:  # 000-14
    for name in ("a", "b"):
        append_line(tmp_path / name, {"loss": 1 / 3, "epoch": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_text_is_appended_as_whole_lines(tmp_path: Path) -> None:  # 004-28
    append_text(tmp_path / "log.txt", "epoch 1\n1.5 s")
    append_text(tmp_path / "log.txt", "café")
    assert (tmp_path / "log.txt").read_bytes() == "epoch 1\n1.5 s\ncafé\n".encode()


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"epoch": 0}\r{"epoch": 1}\n')
    with pytest.raises(StoreError, match="damaged at line 1"):
        read_lines(tmp_path / "a.jsonl")


def test_a_file_that_is_not_there_yet_has_no_rows(tmp_path: Path) -> None:
    assert read_lines(tmp_path / "a.jsonl") == []


def test_a_torn_last_line_is_not_read(torn: Path) -> None:  # 004-32
    assert read_lines(torn) == [{"epoch": 0}]


def test_a_torn_last_line_is_dropped_and_said(torn: Path) -> None:  # 004-32
    assert drop_torn_line(torn) == f"{torn}: dropped its last line, torn after 17 bytes"
    assert drop_torn_line(torn) is None
    append_line(torn, {"epoch": 1})
    assert read_lines(torn) == [{"epoch": 0}, {"epoch": 1}]


def test_nothing_is_glued_to_a_torn_line(torn: Path) -> None:
    with pytest.raises(StoreError) as caught:
        append_line(torn, {"epoch": 1})
    assert str(caught.value) == f"{torn} ends in a torn line: resume the run, which drops it"


def test_the_first_lines_are_kept_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for epoch in range(3):
        append_line(path, {"epoch": epoch})
    before = path.read_bytes()
    keep_lines(path, 5)
    assert path.read_bytes() == before
    keep_lines(path, 1)
    assert path.read_bytes() == before[: before.index(b"\n") + 1]


@pytest.mark.parametrize("line", [b"{]\n", b"\n", b"\xff\n", b"[1]\n", b"[" * 100_000 + b"\n"])
def test_a_damaged_line_is_named_by_its_number(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"epoch": 0}\n' + line + b'{"epoch": 2}\n')
    with pytest.raises(StoreError) as caught:
        read_lines(path)
    assert str(caught.value) == f"{path} is damaged at line 2: copy it again from the source"


def test_a_line_that_does_not_fit_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    append_line(path, {"epoch": 0})
    before, write = path.read_bytes(), os.write

    def write_half_then_full(descriptor: int, data: bytes) -> int:
        if len(data) < 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[: len(data) - 5])

    monkeypatch.setattr(os, "write", write_half_then_full)
    with pytest.raises(StoreError, match=r"disk full: .* free space and resume"):
        append_line(path, {"epoch": 1})
    assert path.read_bytes() == before
