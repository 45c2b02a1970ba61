"""Room for arrays: memory for small ones, a file that nobody else sees for large ones."""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np

from imagette.arrays import Images
from imagette.data.places import cache_root
from imagette.data.streamed import is_large


def room(shape: Sequence[int]) -> Images:
    """An array of bytes to be filled; beyond `STREAM_BYTES` it lies in a file that has no name.

    >>> room((2, 3)).shape
    (2, 3)
    """
    if not is_large(prod(shape)):
        return np.empty(tuple(shape), np.uint8)
    with tempfile.TemporaryFile(prefix="imagette-", dir=scratch_folder()) as file:
        return np.asarray(np.memmap(file, np.uint8, "w+", shape=tuple(shape)))


def scratch_folder() -> Path | None:
    """A folder for what is large and soon gone, beside the cache, since /tmp may be small.

    None if it is not writable. What a killed process left there more than a day ago is removed.
    """
    folder = cache_root() / "downloads"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():
            if left.stat().st_mtime < time.time() - 86_400:
                shutil.rmtree(left)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
