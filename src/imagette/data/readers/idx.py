"""IDX, the format of MNIST: http://yann.lecun.com/exdb/mnist (magic, sizes, bytes)."""

import gzip
import struct
import zlib
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Labels
from imagette.data.raw import SplitName
from imagette.data.unfolding import most_unfolded
from imagette.errors import DataError


def read_idx_split(paths: Sequence[Path], split: SplitName) -> tuple[Images, Labels]:
    """Images and labels from their two files, plain or gzipped."""
    images, labels = (read_idx(path) for path in paths)
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise DataError(
            f"The IDX files of the {split} split must hold [N,H,W] images and N labels. "
            f"{str(paths[0])!r} holds {list(images.shape)}, {paths[1].name!r} {list(labels.shape)}."
        )
    return images[..., np.newaxis], labels.astype(np.int32)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """One array of bytes from an IDX file; its header says the shape, its size whether to believe.

    Raises DataError for a file that is no IDX file of bytes, or shorter or longer than it says.
    """
    try:
        most = most_unfolded(path) if _is_gzip(path) else path.stat().st_size
        with _opened(path) as file:
            zeros, kind, axes = struct.unpack(">HBB", file.read(4))
            if zeros != 0 or kind != 8 or axes not in (1, 3):
                raise DataError(f"{str(path)!r} is not an IDX file of bytes.")
            shape = struct.unpack(f">{axes}I", file.read(4 * axes))
            size = prod(shape)
            data = file.read(size + 1) if size <= most else b""
    except (struct.error, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{str(path)!r} is truncated or damaged ({error}).") from error
    if len(data) != size:
        raise DataError(
            f"{str(path)!r} is truncated or damaged: its header promises {size:,} bytes."
        )
    return np.frombuffer(data, np.uint8).reshape(shape)


def idx_files(images: Images, labels: Labels) -> tuple[Iterator[bytes], Iterator[bytes]]:
    """The same two files as they were published, in blocks: the form that digests are taken of."""
    count, height, width, _ = images.shape
    header = struct.pack(">HBBIII", 0, 8, 3, count, height, width)
    return (
        iter((header, images.tobytes())),
        iter((struct.pack(">HBBI", 0, 8, 1, count), labels.astype(np.uint8).tobytes())),
    )


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if _is_gzip(path) else path.open("rb")


def _is_gzip(path: Path) -> bool:
    return path.suffix == ".gz"
