"""Digests of files, of images and of whole splits."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels
from imagette.data.streamed import AnyImages, StreamedImages
from imagette.errors import DataError

Digests = NDArray[np.uint8]
"""[N,32], the SHA-256 of each image's pixels; of streamed images see StreamedImages.digests."""


def digest_of(blocks: Iterable[bytes], algorithm: str = "sha256") -> str:
    """Digest, in hex, of bytes that come in blocks.

    >>> digest_of([b"a", b"b"]) == digest_of([b"ab"])
    True
    """
    running = hashlib.new(algorithm, usedforsecurity=False)
    for block in blocks:
        running.update(block)
    return running.hexdigest()


def require_digest(path: Path, expected: str) -> None:
    """Refuse a file whose digest is not the `expected` one, written "md5:..." or "sha256:..."."""
    algorithm, _, value = expected.partition(":")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != value:
        raise DataError(
            f"{str(path)!r} is not the published file: its {algorithm} must be {value}. "
            f"Got {found} ({path.stat().st_size:,} bytes): truncated or altered. "
            "Remove it and try again."
        )


def image_digests(images: AnyImages) -> Digests:
    """SHA-256 of the pixels of each image: uint8 [N,H,W,C] to uint8 [N,32]."""
    if isinstance(images, StreamedImages):
        return images.digests()
    joined = b"".join(hashlib.sha256(image.tobytes()).digest() for image in images)
    return np.frombuffer(joined, np.uint8).reshape(len(images), 32)


def content_digest(images: AnyImages, labels: Labels) -> str:
    """SHA-256 of the shape "NxHxWxC;", all pixels in order, all labels as little-endian int32.

    One's own items that are streamed have no pixels that stay: theirs are left out.
    """

    def blocks() -> Iterator[bytes]:
        yield f"{'x'.join(map(str, images.shape))};".encode()
        if not isinstance(images, StreamedImages) or images.are_bytes:
            for start in range(0, len(images), 1024):
                yield images[start : start + 1024].tobytes()
        yield labels.astype("<i4").tobytes()

    return digest_of(blocks())
