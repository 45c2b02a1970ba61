"""One sweep at a time in a folder, and none beside the trials that a killed sweep left running."""

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
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def only_one(folder: Path) -> Iterator[int]:
    """Hold the folder's lock and hand out its descriptor, or raise UsageError at once.

    A process that inherits the descriptor holds the lock too (not on Windows), so that trials that
    outlive a killed sweep keep a second one from writing into their runs.
    """
    path = folder / "sweep.lock"
    with telling_of(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _take(descriptor)
        except OSError:
            raise UsageError(
                f"A sweep, or a trial that a killed one left running, is at work in {folder}: "
                "wait for its end, or end it, then call again."
            ) from None
        yield descriptor
    finally:
        os.close(descriptor)
