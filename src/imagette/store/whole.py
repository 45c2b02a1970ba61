"""Files and folders written whole or not at all: a temporary name beside them, sync, rename."""

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from imagette.errors import StoreError
from imagette.store import disk

LARGEST_BYTES = 4 << 30
"""Of one file of a run: what is larger was not written here."""

# Not waiting for who may never write to a pipe; Windows would change the ends of lines.
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp").fullmatch
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: a reader, or a crash at any moment, finds the old or the new.

    Raises StoreError, leaving nothing behind, where the disk is full or forbids writing.
    """
    temporary = temporary_beside(path)
    with telling_of(path):
        try:
            _write_synced(temporary, data)
            disk.in_use.rename(temporary, path)
        except BaseException:
            with suppress(OSError):
                disk.in_use.remove(temporary)
            raise
        disk.in_use.sync_folder(path.parent)


def write_whole_folder(path: Path, files: Mapping[str, bytes], *, replace: bool = False) -> None:
    """Make the folder `path` hold these files, by name; it appears with all of them at once.

    A name may have folders in it, as in "checkpoints/0/meta.json". A folder that is there and not
    empty is a StoreError, or with `replace` goes once its successor is written.
    """
    temporary, replaced = temporary_beside(path), temporary_beside(path)
    with telling_of(path):
        make_folder(path.parent)
        try:
            _fill(temporary, files)
            if path.is_dir() and not any(path.iterdir()):
                disk.in_use.remove_folder(path)  # Windows renames nothing onto a folder
            elif replace and path.exists():
                disk.in_use.rename(path, replaced)
            disk.in_use.rename(temporary, path)
        except BaseException:
            with suppress(OSError):
                if replaced.exists() and not path.exists():
                    disk.in_use.rename(replaced, path)
                _remove_tree(temporary)
            raise
        disk.in_use.sync_folder(path.parent)
        if replaced.exists():
            _remove_tree(replaced)


def make_folder(path: Path) -> None:
    """Make a folder, and those it lies in, that survive a power cut; one that is there stays."""
    if path.is_dir():
        return
    make_folder(path.parent)
    try:
        disk.in_use.make_folder(path)
    except FileExistsError:
        if not path.is_dir():
            raise
    disk.in_use.sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder that is never seen half removed: it is renamed first."""
    temporary = temporary_beside(path)
    with telling_of(path):
        disk.in_use.rename(path, temporary)
        disk.in_use.sync_folder(path.parent)
        _remove_tree(temporary)


def temporary_beside(path: Path) -> Path:
    """A hidden name in the same folder, hence on the same disk, that no other process uses."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def sweep(folder: Path) -> int:
    """Remove what a killed process left under temporary names in `folder`, and say how many.

    Only for a folder that no other process writes in.
    """
    left = [path for path in folder.iterdir() if _TEMPORARY(path.name)] if folder.is_dir() else []
    for path in left:
        with telling_of(path):
            if path.is_dir():
                _remove_tree(path)
            else:
                disk.in_use.remove(path)
    return len(left)


def read_whole(path: Path) -> bytes:
    """The bytes of a plain file, or of what a link leads to if that is one.

    FileNotFoundError where there is none, StoreError for anything else: a pipe would never end, nor
    would a device, and a file may claim a terabyte of which the disk holds nothing.
    """
    try:
        with os.fdopen(os.open(path, _READING), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise StoreError(f"{path} is no file: put back the one that was there")
            if about.st_size > LARGEST_BYTES:
                raise StoreError(
                    f"{path} claims {about.st_size:,} bytes, more than the {LARGEST_BYTES:,} that "
                    "are read: put back the one that was there"
                )
            return file.read()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error


@contextmanager
def telling_of(path: Path) -> Iterator[None]:
    """Turn the system's errors inside into one StoreError that names `path` and the remedy."""
    try:
        yield
    except OSError as error:
        raise StoreError(_told(error, path)) from error


def _told(error: OSError, path: Path) -> str:
    if error.errno in _FULL:
        return f"disk full: {path} cannot be written; free space and resume"
    if error.errno in _FORBIDDEN:
        return f"read-only: {path} cannot be written; make its folder writable or choose another"
    if error.errno == errno.ELOOP:
        return (
            f"{error.filename} is a link, and nothing is written through one: "
            "put the file that it leads to in its place"
        )
    return f"{path} cannot be written: {error.strerror or error}"


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    paths = {folder / name: data for name, data in files.items()}
    inner = {above for path in paths for above in path.parents if folder in above.parents}
    folders = sorted({folder, *inner})
    for above in folders:
        disk.in_use.make_folder(above)
    for path, data in paths.items():
        _write_synced(path, data)
    for above in reversed(folders):
        disk.in_use.sync_folder(above)


def _remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it; links are removed, what they lead to stays."""
    if folder.is_symlink():
        disk.in_use.remove(folder)
        return
    for path in folder.iterdir():
        if path.is_dir():
            _remove_tree(path)
        else:
            disk.in_use.remove(path)
    disk.in_use.remove_folder(folder)


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = disk.in_use.create(path)
    try:
        disk.in_use.write(descriptor, data)
        disk.in_use.sync(descriptor)
    finally:
        os.close(descriptor)
