"""Hugging Face's parquet files: a column of encoded pictures, a column of labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Labels
from imagette.data.raw import LARGEST_BYTES, SplitName
from imagette.data.readers.picture import Colour, read_picture
from imagette.errors import DataError
from imagette.plain import short
from imagette.silence import silenced

if TYPE_CHECKING:
    import polars

_REFUSALS = (StopIteration, OSError, AttributeError, ValueError)


def read_parquet_rgb(paths: Sequence[Path], _split: SplitName) -> tuple[Images, Labels]:
    return _read(paths, "rgb")


def read_parquet_grey(paths: Sequence[Path], _split: SplitName) -> tuple[Images, Labels]:
    return _read(paths, "grey")


def _read(paths: Sequence[Path], colour: Colour) -> tuple[Images, Labels]:
    """All rows of the shards, in order; the columns are `img` or `image`, and `label`."""
    shards = [_shard(path, colour) for path in paths]
    try:
        images = np.concatenate([images for images, _ in shards])
    except ValueError as error:
        raise DataError(f"The pictures of {paths[0].name!r} differ in size ({error}).") from error
    return images, np.concatenate([labels for _, labels in shards])


def _shard(path: Path, colour: Colour) -> tuple[Images, Labels]:
    encoded, labels = _columns(path)
    pictures = (
        read_picture(content, colour, name=f"{path}, row {row}")
        for row, content in enumerate(encoded)
    )
    first = next(pictures, None)
    if first is None:
        raise DataError(f"{str(path)!r} has no row.")
    _refuse_too_large(path, len(labels), first)
    images = np.empty((len(labels), *first.shape), np.uint8)
    images[0] = first
    for row, picture in enumerate(pictures, start=1):
        if picture.shape != first.shape:
            raise DataError(f"The pictures of {str(path)!r} differ in size: row {row}.")
        images[row] = picture
    return images, labels


def _columns(path: Path) -> tuple["polars.Series", Labels]:
    """The encoded pictures (bytes) and the labels, none of them absent."""
    import polars

    try:
        with silenced():  # polars prints the stack of a panic before it tells of it
            frame = polars.read_parquet(path)
        column = next(name for name in ("img", "image") if name in frame.columns)
        encoded = frame[column].struct.field("bytes").cast(polars.Binary)
        labels = frame["label"]
        if not labels.dtype.is_integer() or labels.null_count() or encoded.null_count():
            raise ValueError("a label is no whole number, or a picture is absent")
        return encoded, labels.cast(polars.Int32).to_numpy()
    except (*_REFUSALS, polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
        raise DataError(
            f"{str(path)!r} must be a parquet file with the columns 'img' or 'image' (pictures) "
            f"and 'label' ({short(error)})."
        ) from error


def _refuse_too_large(path: Path, count: int, first: NDArray[np.uint8]) -> None:
    if count * first.size > LARGEST_BYTES:
        raise DataError(f"The pictures of {str(path)!r} take more than {LARGEST_BYTES >> 30} GiB.")
