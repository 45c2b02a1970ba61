"""One process at a time at a file that several may extend."""

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imagette.errors import StoreError, UsageError
from imagette.store import disk
from imagette.store.whole import read_whole, telling_of

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # waits ten seconds, then OSError

    def _take_now(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _release(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _take_now(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_TAKEN = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Hold a run folder, at once; raises UsageError if another process trains it, and names it."""
    path = run / ".lock"
    who = _holder(path)
    refusal = f"{run} is being trained by another process{who}: wait for its end, or stop it"
    with only_one(path, refusal) as descriptor:
        _sign(descriptor)
        yield
        _release(descriptor)


@contextmanager
def only_one(path: Path, refusal: str) -> Iterator[int]:
    """Hold the lock file `path` and hand out its descriptor, or raise UsageError at once.

    A process that inherits the descriptor holds the lock too (not on Windows). The system lets go
    of it when the last of them ends, however that happens. Raises StoreError on a file system that
    knows no locks.
    """
    with telling_of(path.parent):
        descriptor = disk.in_use.extend(path)
    try:
        try:
            _take_now(descriptor)
        except OSError as error:
            if error.errno in _TAKEN:
                raise UsageError(refusal) from None
            raise StoreError(
                f"{path} cannot be locked ({error.strerror}), and two processes could write one "
                "folder: put it on another file system"
            ) from error
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of `path` (a file `<name>.lock` beside it), after waiting for it.

    The system lets go of it when the process ends, however that happens.
    """
    with telling_of(path):
        descriptor = disk.in_use.extend(path.with_name(f"{path.name}.lock"))
    try:
        with telling_of(path):
            _take(descriptor)
        yield
        _release(descriptor)
    finally:
        os.close(descriptor)


def _sign(descriptor: int) -> None:
    """Leave word of who holds the lock; not worth an error, for a full disk is told elsewhere."""
    with suppress(OSError):
        disk.in_use.truncate(descriptor, 0)
        disk.in_use.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())


def _holder(path: Path) -> str:
    """Who held it last, for a refusal."""
    try:
        words = read_whole(path)[:200].decode(errors="replace")
    except (FileNotFoundError, StoreError):
        return ""
    return f" ({words})" if words.isprintable() and words else ""
