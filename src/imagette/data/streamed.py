"""Images that are not kept, but read from one's own items each time they are used."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images
from imagette.errors import DataError

Read = Callable[[Sequence[int]], NDArray[np.float32]]
"""From indices of items to their images, float32 [B,H,W,C], in units of pixels: full scale 255."""

_BATCH = 256


@dataclass(frozen=True, eq=False)
class StreamedImages:
    """Stands where an array of images [N,H,W,C] does: indexing it reads the items anew.

    What is read is float32 in units of pixels, 255 x the item's floats, so that whatever divides
    pixels by 255 sees the items as they are. Nothing fixes the pictures, so `digests` are of what
    stays: the labels of all items and an image's own index among them.

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
    identity: bytes  # digest of the labels of all items

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.image_shape)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, which: SupportsIndex | slice | NDArray[Any]) -> NDArray[np.float32]:
        """Images [...,H,W,C] for indices [...], at most 256 items at a time."""
        wanted = np.asarray(self.rows[which])
        rows = wanted.ravel().tolist()
        images = np.empty((len(rows), *self.image_shape), np.float32)
        for start in range(0, len(rows), _BATCH):
            images[start : start + _BATCH] = self.read(rows[start : start + _BATCH])
        return images.reshape(*wanted.shape, *self.image_shape)

    def take(self, which: slice | NDArray[Any]) -> "StreamedImages":
        """A part of them; nothing is read."""
        return replace(self, rows=self.rows[which])

    def digests(self) -> NDArray[np.uint8]:
        """[N,32], SHA-256 of the identity and the index in decimal."""
        joined = b"".join(
            hashlib.sha256(self.identity + str(row).encode()).digest() for row in self.rows
        )
        return np.frombuffer(joined, np.uint8).reshape(len(self), 32)


AnyImages = Images | StreamedImages
"""Images uint8 [N,H,W,C], or what reads them."""


def selected(images: AnyImages, which: slice | NDArray[Any]) -> AnyImages:
    """Those of a slice, a mask or indices; of streamed images nothing is read."""
    return images.take(which) if isinstance(images, StreamedImages) else images[which]


def stored(images: AnyImages) -> Images:
    """The images as bytes; DataError for streamed ones, which have none."""
    if isinstance(images, StreamedImages):
        raise DataError(
            f"These {len(images):,} images are read from their items each time (cache = false) and "
            "have no bytes to look at: look at the items themselves."
        )
    return images
