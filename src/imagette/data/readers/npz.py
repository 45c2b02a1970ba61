"""NumPy archives: Keras' mnist.npz, and `npz:PATH`."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Labels
from imagette.data.raw import SplitName
from imagette.data.readers.npy import read_npy
from imagette.data.unfolding import most_unfolded
from imagette.errors import DataError
from imagette.plain import short

# What zipfile raises for archives that are damaged, locked, or packed in ways it does not know.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def read_keras(paths: Sequence[Path], split: SplitName) -> tuple[Images, Labels]:
    """One split of an archive with x_train, y_train, x_test, y_test."""
    arrays = read_arrays(paths[0], {f"x_{split}", f"y_{split}"})
    return labelled(arrays, f"x_{split}", f"y_{split}", paths[0])


def array_names(path: Path) -> tuple[str, ...]:
    """The names of the arrays in an archive, in its order; none is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(name.removesuffix(".npy") for name in archive.namelist())
    except DAMAGE as error:
        raise DataError(f"{str(path)!r} is not an .npz archive ({short(error)}).") from error


def read_arrays(path: Path, names: Collection[str]) -> Mapping[str, NDArray[Any]]:
    """Arrays of an .npz archive by name; pickled objects are refused, never read.

    Raises DataError naming the archive, and the array that is absent or not what it says.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(archive, path)
            return {name: _array(archive, name, path) for name in sorted(names)}
    except DAMAGE as error:
        raise DataError(f"{str(path)!r} is damaged or holds objects ({short(error)}).") from error


def _refuse_bomb(archive: zipfile.ZipFile, path: Path) -> None:
    size, most = sum(entry.file_size for entry in archive.infolist()), most_unfolded(path)
    if size > most:
        raise DataError(
            f"{str(path)!r} unpacks to {size:,} bytes: at most {most:,} of a file of its size."
        )


def _array(archive: zipfile.ZipFile, name: str, path: Path) -> NDArray[Any]:
    try:
        entry = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise DataError(f"{str(path)!r} has no array called {name!r}.") from None
    with archive.open(entry) as file:
        return read_npy(file, entry.file_size)


def labelled(
    arrays: Mapping[str, NDArray[Any]], x: str, y: str, path: Path
) -> tuple[Images, Labels]:
    """Images and labels from two arrays, checked: uint8 [N,H,W] or [N,H,W,C], integers [N].

    C is 1 or 3. Raises DataError naming the array, the rule, what came and the remedy.
    """
    images, labels = arrays[x], arrays[y]
    if images.dtype != np.uint8:
        raise DataError(
            f"{x!r} of {str(path)!r} must be uint8 [N,H,W] or [N,H,W,C]; got {images.dtype}: "
            f"{_remedy(images.dtype)}."
        )
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        raise DataError(
            f"{x!r} of {str(path)!r} must be [N,H,W] or [N,H,W,C] with C 1 or 3. "
            f"Got {list(images.shape)}."
        )
    if labels.ndim == 2 and labels.shape[1] == 1:  # Keras keeps CIFAR's labels as [N,1]
        labels = labels[:, 0]
    if labels.shape != (len(images),) or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"{y!r} of {str(path)!r} must be integers [N], one for each of the {len(images)} "
            f"images. Got {labels.dtype} {list(labels.shape)}."
        )
    if len(labels) and not -(2**31) <= labels.min() <= labels.max() < 2**31:
        raise DataError(f"{y!r} of {str(path)!r} holds labels that are not class numbers.")
    return (images if images.ndim == 4 else images[..., np.newaxis]), labels.astype(np.int32)


def _remedy(dtype: np.dtype[Any]) -> str:
    if np.issubdtype(dtype, np.floating):
        return "multiply by 255 if it is from 0 to 1, round, and cast"
    return "scale to 0..255 and cast"
