"""Hugging Face's parquet files: a column of encoded pictures, a column of labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from imagette.arrays import Images, Labels
from imagette.data.raw import SplitName
from imagette.data.readers.picture import Colour, read_picture
from imagette.errors import DataError


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
    import polars

    try:
        frame = polars.read_parquet(path)
        column = next(name for name in ("img", "image") if name in frame.columns)
        encoded = frame[column].struct.field("bytes")
        labels = frame["label"].to_numpy().astype(np.int32)
    except (polars.exceptions.PolarsError, StopIteration, OSError) as error:
        raise DataError(
            f"{str(path)!r} must be a parquet file with the columns 'img' or 'image' (pictures) "
            f"and 'label' ({' '.join(str(error).split())[:120]})."
        ) from error
    pictures = (
        read_picture(content, colour, name=f"{path}, row {row}")
        for row, content in enumerate(encoded)
    )
    first = next(pictures, None)
    if first is None:
        raise DataError(f"{str(path)!r} has no row.")
    images = np.empty((len(labels), *first.shape), np.uint8)
    images[0] = first
    for row, picture in enumerate(pictures, start=1):
        if picture.shape != first.shape:
            raise DataError(f"The pictures of {str(path)!r} differ in size: row {row}.")
        images[row] = picture
    return images, labels
