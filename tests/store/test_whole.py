import errno
import os
from pathlib import Path

import pytest

from imagette.errors import StoreError
from imagette.store.whole import write_whole, write_whole_folder


def fail_with(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the disk refuse what was written, as late as it can: when it is asked to keep it."""

    def fsync(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "last.json"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["last.json"]


def test_a_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.json"
    write_whole(path, b"old")
    fail_with(errno.ENOSPC, monkeypatch)
    with pytest.raises(StoreError) as caught:
        write_whole(path, b"new")
    assert str(caught.value) == f"disk full: {path} cannot be written; free space and resume"
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["last.json"]


def test_a_read_only_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(errno.EROFS, monkeypatch)
    with pytest.raises(StoreError) as caught:
        write_whole(tmp_path / "a", b"")
    assert str(caught.value) == (
        f"read-only: {tmp_path / 'a'} cannot be written; make its folder writable or choose another"
    )


def test_ctrl_c_while_writing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", b"")
    assert not list(tmp_path.iterdir())


def test_a_folder_appears_with_all_its_files(tmp_path: Path) -> None:
    write_whole_folder(tmp_path / "new" / "run", {"a": b"1", "b": b"2"})
    assert sorted(p.name for p in (tmp_path / "new" / "run").iterdir()) == ["a", "b"]
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["run"]


def test_a_folder_that_does_not_fit_does_not_appear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(errno.ENOSPC, monkeypatch)
    with pytest.raises(StoreError, match="disk full"):
        write_whole_folder(tmp_path / "run", {"a": b"1"})
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_never_replaced(tmp_path: Path) -> None:  # 004-T4
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").write_bytes(b"precious")
    with pytest.raises(StoreError, match="run cannot be written"):
        write_whole_folder(tmp_path / "run", {"a": b"1"})
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")] == ["run", "run/mine"]
