"""One process at a time at a file that several may extend."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imagette.errors import UsageError
from imagette.store.whole import telling_of

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


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Hold a run folder, at once; raises UsageError if another process trains it."""
    refusal = f"{run} is being trained by another process: wait for its end, or stop it"
    with only_one(run / ".lock", refusal) as descriptor:
        yield
        _release(descriptor)


@contextmanager
def only_one(path: Path, refusal: str) -> Iterator[int]:
    """Hold the lock file `path` and hand out its descriptor, or raise UsageError at once.

    A process that inherits the descriptor holds the lock too (not on Windows). The system lets go
    of it when the last of them ends, however that happens.
    """
    with telling_of(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _take_now(descriptor)
        except OSError:
            raise UsageError(refusal) from None
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of `path` (a file `<name>.lock` beside it), after waiting for it.

    The system lets go of it when the process ends, however that happens.
    """
    with telling_of(path):
        descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        with telling_of(path):
            _take(descriptor)
        yield
        _release(descriptor)
    finally:
        os.close(descriptor)
