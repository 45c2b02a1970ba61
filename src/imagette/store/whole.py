"""Files and folders written whole or not at all: a temporary name beside them, sync, rename."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from imagette.errors import StoreError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: a reader, or a crash at any moment, finds the old or the new.

    Raises StoreError, leaving nothing behind, where the disk is full or forbids writing.
    """
    temporary = temporary_beside(path)
    with telling_of(path):
        try:
            _write_synced(temporary, data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_whole_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Make the folder `path` hold these files, by name; it appears with all of them at once.

    Raises StoreError if `path` is there already and not empty.
    """
    temporary = temporary_beside(path)
    with telling_of(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.mkdir()
            for name, data in files.items():
                _write_synced(temporary / name, data)
            sync_folder(temporary)
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()  # Windows renames nothing onto an existing folder
            temporary.rename(path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder that is never seen half removed: it is renamed first."""
    temporary = temporary_beside(path)
    with telling_of(path):
        path.rename(temporary)
        shutil.rmtree(temporary)


def temporary_beside(path: Path) -> Path:
    """A hidden name in the same folder, hence on the same disk, that no other process uses."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system lets us."""
    if os.name == "nt":  # Windows opens no folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
    return f"{path} cannot be written: {error.strerror or error}"


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
