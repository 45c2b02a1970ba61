"""CIFAR-10's own forms: https://www.cs.toronto.edu/~kriz/cifar.html (binary, and pickled)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Labels
from imagette.data.raw import SplitName
from imagette.data.readers.inert_pickle import load_inert
from imagette.errors import DataError

_PIXELS = 3 * 32 * 32
_RECORD = 1 + _PIXELS
BATCH = 10_000
"""Images in each published file."""


def read_binary(paths: Sequence[Path], _split: SplitName) -> tuple[Images, Labels]:
    """Records of one label byte and 3,072 pixels, channel by channel."""
    return _joined([_binary_records(path) for path in paths])


def read_pickled(paths: Sequence[Path], _split: SplitName) -> tuple[Images, Labels]:
    """The Python form, read without running or importing anything that it names."""
    return _joined([_pickled_records(path) for path in paths])


def binary_files(images: Images, labels: Labels) -> tuple[Iterator[bytes], ...]:
    """The official binary batches of these images: the form that digests are taken of."""
    return tuple(
        iter((_records(images[start : start + BATCH], labels[start : start + BATCH]).tobytes(),))
        for start in range(0, len(images), BATCH)
    )


def _binary_records(path: Path) -> NDArray[np.uint8]:
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read ({error.strerror or error}).") from error
    if len(data) == 0 or len(data) % _RECORD:
        raise DataError(
            f"{str(path)!r} is truncated or damaged: records of {_RECORD} bytes do not divide "
            f"its {len(data):,} bytes."
        )
    return data.reshape(-1, _RECORD)


def _pickled_records(path: Path) -> NDArray[np.uint8]:
    content = load_inert(path)
    if not isinstance(content, dict) or not {b"data", b"labels"} <= content.keys():
        raise DataError(f"{str(path)!r} is not a CIFAR-10 batch: no 'data' and 'labels'.")
    data, labels = content[b"data"], content[b"labels"]
    if (
        not isinstance(data, np.ndarray)
        or not isinstance(labels, list)
        or data.shape != (len(labels), _PIXELS)
        or any(type(label) is not int or not 0 <= label < 10 for label in labels)
    ):
        raise DataError(f"{str(path)!r} is not a CIFAR-10 batch: wrong pixels or labels.")
    return np.concatenate([np.array(labels, np.uint8)[:, np.newaxis], data], axis=1)


def _joined(batches: Sequence[NDArray[np.uint8]]) -> tuple[Images, Labels]:
    images_NCHW = [records[:, 1:].reshape(-1, 3, 32, 32) for records in batches]
    images = np.concatenate([batch.transpose(0, 2, 3, 1) for batch in images_NCHW])
    return np.ascontiguousarray(images), np.concatenate([r[:, 0] for r in batches]).astype(np.int32)


def _records(images: Images, labels: Labels) -> NDArray[np.uint8]:
    pixels = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.concatenate([labels.astype(np.uint8)[:, np.newaxis], pixels], axis=1)
