"""The second descriptor of the process, kept quiet."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silenced() -> Iterator[None]:
    """Without what a library's own code writes straight to the second descriptor.

    For libraries that cannot be asked not to, and whose exceptions say the same.
    """
    if sys.stderr is None:  # it was closed, and the second descriptor may be any file
        yield
        return
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
