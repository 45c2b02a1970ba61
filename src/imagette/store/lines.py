"""Files that grow by one durable line at a time, of JSON or text, and may end in a torn one."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from imagette.errors import StoreError
from imagette.store import disk
from imagette.store.json_files import Row, refuse_constant, written
from imagette.store.whole import read_whole, telling_of


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Add the row as JSON; the order of keys is kept, a float reads back with the same bits."""
    append_text(path, _line(row))


def line_bytes(row: Mapping[str, Any]) -> bytes:
    r"""The row as `append_line` writes it.

    >>> line_bytes({"epoch": 1})
    b'{"epoch": 1}\n'
    """
    return written(f"{_line(row)}\n")


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def append_text(path: Path, text: str) -> None:
    """Add whole lines of text and wait until they are on the disk; what does not fit is taken back.

    Raises StoreError if they cannot be written, or if the file ends in a torn line.
    """
    with telling_of(path):
        is_new = not path.exists()
        descriptor = disk.in_use.extend(path)
        size = os.fstat(descriptor).st_size
        try:
            _refuse_torn(descriptor, size, path)
            disk.in_use.write(descriptor, written(f"{text}\n"))
            disk.in_use.sync(descriptor)
        except BaseException:
            with suppress(OSError):
                disk.in_use.truncate(descriptor, size)
            raise
        finally:
            os.close(descriptor)
        if is_new:
            disk.in_use.sync_folder(path.parent)


def read_lines(path: Path) -> list[Row]:
    """The rows of the file, without a torn last line; none if there is no file.

    Raises StoreError naming the first line that is damaged in any other way.
    """
    return [_parsed(line, path, n) for n, line in enumerate(whole_lines(path), start=1)]


def read_last_line(path: Path) -> Row | None:
    """The last row that was finished, None if there is none; the rows before it go unread.

    Raises StoreError if it is damaged.
    """
    lines = whole_lines(path)
    return _parsed(lines[-1], path, len(lines)) if lines else None


def whole_lines(path: Path) -> list[bytes]:
    """The lines that were finished, each with its end."""
    *lines, _ = _read(path).split(b"\n")
    return [line + b"\n" for line in lines]


def drop_torn_line(path: Path) -> str | None:
    """Cut off a torn last line and say so; None if there is none."""
    data = _read(path)
    end = data.rfind(b"\n") + 1
    num_torn = len(data) - end
    if not num_torn:
        return None
    _cut(path, end)
    return f"{path}: dropped its last line, torn after {num_torn} bytes"


def keep_lines(path: Path, count: int) -> None:
    """Cut the file after its first `count` lines; that needs no space, even on a full disk."""
    lines = whole_lines(path)
    if len(lines) > count:
        _cut(path, sum(len(line) for line in lines[:count]))


def _cut(path: Path, size: int) -> None:
    with telling_of(path):
        descriptor = disk.in_use.extend(path)
        try:
            disk.in_use.truncate(descriptor, size)
            disk.in_use.sync(descriptor)
        finally:
            os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        return read_whole(path)
    except FileNotFoundError:
        return b""


def _parsed(line: bytes, path: Path, number: int) -> Row:
    try:
        row = json.loads(line, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise StoreError(f"{path} is damaged at line {number}: copy it again from the source")
    return row


def _refuse_torn(descriptor: int, size: int, path: Path) -> None:
    if size and os.lseek(descriptor, -1, os.SEEK_END) >= 0 and os.read(descriptor, 1) != b"\n":
        raise StoreError(f"{path} ends in a torn line: resume the run, which drops it")
