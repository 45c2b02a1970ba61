"""Images that are not kept in memory, but read each time they are used."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images
from imagette.errors import DataError

Read = Callable[[NDArray[np.int64]], NDArray[Any]]
"""From indices of items to their images [B,H,W,C]: uint8, or float32 in units of pixels."""

STREAM_BYTES = 512 << 20
"""Pixels of one split beyond which they stay on the disk; training reads them step by step."""

_BATCH = 256


def is_large(num_bytes: int) -> bool:
    """Whether so many bytes of pixels stay on the disk."""
    return num_bytes > STREAM_BYTES


@dataclass(frozen=True, eq=False)
class StreamedImages:
    """Stands where an array of images [N,H,W,C] does: indexing it reads the items anew.

    Bytes that lie in a file are uint8, and everything that is computed from them has the bits that
    it has of an array in memory. One's own items are float32 in units of pixels, 255 x the item's
    floats, so that whatever divides pixels by 255 sees the items as they are; nothing fixes those
    pictures, so `digests` are of what stays: `identity` and an image's own index among all.

    >>> def grey(indices):
    ...     return np.float32(indices)[:, None, None, None] * np.ones((2, 2, 1), np.float32)
    >>> images = StreamedImages(grey, (2, 2, 1), np.arange(9), b"")
    >>> images.take(slice(4, None)).shape
    (5, 2, 2, 1)
    >>> images[np.array([[3, 7]])][0, 1, 0, 0]
    array([7.], dtype=float32)
    """

    read: Read
    image_shape: tuple[int, ...]  # H, W, C
    rows: NDArray[np.int64]  # which items these images are
    identity: bytes | None  # digest of the labels of all items; None of bytes, which stay

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.image_shape)

    @property
    def are_bytes(self) -> bool:
        return self.identity is None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint8 if self.are_bytes else np.float32)

    @property
    def image_bytes(self) -> int:
        """Of one image, as it is read."""
        return int(np.prod(self.image_shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, which: SupportsIndex | slice | NDArray[Any]) -> NDArray[Any]:
        """Images [...,H,W,C] for indices [...], at most 256 items at a time."""
        wanted = np.asarray(self.rows[which])
        rows = wanted.ravel()
        images = np.empty((len(rows), *self.image_shape), self.dtype)
        for start in range(0, len(rows), _BATCH):
            images[start : start + _BATCH] = self.read(rows[start : start + _BATCH])
        return images.reshape(*wanted.shape, *self.image_shape)

    def take(self, which: slice | NDArray[Any]) -> "StreamedImages":
        """A part of them; nothing is read."""
        return replace(self, rows=self.rows[which])

    def blocks(self, count: int = _BATCH) -> Iterator[NDArray[Any]]:
        """All of them in order, so many at a time."""
        return (self[start : start + count] for start in range(0, len(self), count))

    def digests(self) -> NDArray[np.uint8]:
        """[N,32], SHA-256 of an image's bytes; else of the identity and the index in decimal."""
        joined = b"".join(hashlib.sha256(said).digest() for said in self._said())
        return np.frombuffer(joined, np.uint8).reshape(len(self), 32)

    def _said(self) -> Iterator[bytes]:
        if self.identity is None:
            return (image.tobytes() for block in self.blocks() for image in block)
        identity = self.identity
        return (identity + str(row).encode() for row in self.rows)


AnyImages = Images | StreamedImages
"""Images uint8 [N,H,W,C], or what reads them."""


def on_disk(images: Images) -> StreamedImages:
    """A memory-mapped array [N,H,W,C] as images that are read when they are used."""
    return StreamedImages(partial(_rows_of, images), images.shape[1:], np.arange(len(images)), None)


def _rows_of(images: Images, rows: NDArray[np.int64]) -> Images:
    return images[rows]


def selected(images: AnyImages, which: slice | NDArray[Any]) -> AnyImages:
    """Those of a slice, a mask or indices; of streamed images nothing is read.

    What would take more than `STREAM_BYTES` of memory is not copied: it is read where it lies.
    """
    if isinstance(images, StreamedImages):
        return images.take(which)
    count = len(np.arange(len(images))[which])
    if not isinstance(which, slice) and is_large(count * images[:1].nbytes):
        return on_disk(images).take(which)
    return images[which]


def held(images: AnyImages) -> AnyImages:
    """What training uses: an array, or beyond `STREAM_BYTES` what reads it where it lies."""
    if isinstance(images, StreamedImages) or not is_large(images.nbytes):
        return images
    return on_disk(images)


def stored(images: AnyImages) -> Images:
    """The images as bytes in an array; DataError for those of one's own items, which have none."""
    if not isinstance(images, StreamedImages):
        return images
    if images.are_bytes:
        return images[:]
    raise DataError(
        f"These {len(images):,} images are read from their items each time (cache = false) and "
        "have no bytes to look at: look at the items themselves."
    )
