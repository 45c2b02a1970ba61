"""Exact statistics of pixels and labels."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from imagette.arrays import Labels
from imagette.data.progress import counted
from imagette.data.streamed import AnyImages, StreamedImages

_BLOCK = 512  # images at a time: their squares, at most 255^2 each, sum below 2^32


@dataclass(frozen=True)
class ChannelStatistics:
    """Mean and deviation (of the population) of each channel, in units of full scale."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def channel_statistics(images: AnyImages) -> ChannelStatistics:
    """Mean and deviation of each channel over all pixels of images uint8 [N,H,W,C].

    mean = S / (255 n), deviation = sqrt(n Q - S^2) / (255 n), where S sums the n values of a
    channel and Q their squares. S and Q are integers and exact, so neither the order of images
    nor that of additions moves a bit; images on the disk are read block by block. One's own items
    are read once, in order, for float64 sums.

    >>> channel_statistics(np.array([[[[0]]], [[[255]]]], np.uint8))
    ChannelStatistics(mean=(0.5,), deviation=(0.5,))
    """
    if isinstance(images, StreamedImages) and not images.are_bytes:
        return _statistics_of_items(images)
    count, height, width, channels = images.shape
    sums, squares = np.zeros((2, height * width * channels), np.uint64)
    for start in range(0, count, _BLOCK):
        pixels = images[start : start + _BLOCK]
        block = pixels.reshape(len(pixels), -1).astype(np.uint16)
        sums += block.sum(axis=0, dtype=np.uint32)
        squares += np.square(block).sum(axis=0, dtype=np.uint32)
    n = count * height * width
    by_channel = (total.reshape(-1, channels).sum(axis=0).tolist() for total in (sums, squares))
    moments = [(s, n * q - s * s) for s, q in zip(*by_channel, strict=True)]
    return ChannelStatistics(
        mean=tuple(s / (255 * n) for s, _ in moments),
        deviation=tuple(sqrt(spread) / (255 * n) for _, spread in moments),
    )


def _statistics_of_items(images: StreamedImages) -> ChannelStatistics:
    """Sums of the distance to the first pixel, so that a channel that never varies has 0."""
    count, height, width, channels = images.shape
    first = images[0][0, 0].astype(np.float64)
    sums, squares = np.zeros(channels), np.zeros(channels)
    for start in counted(range(0, count, _BLOCK), "reading for mean and deviation"):
        distance = images[start : start + _BLOCK].astype(np.float64) - first
        sums += distance.sum(axis=(0, 1, 2))
        squares += np.square(distance).sum(axis=(0, 1, 2))
    n = count * height * width
    spread = np.maximum(squares / n - np.square(sums / n), 0)
    return ChannelStatistics(
        mean=tuple(((first + sums / n) / 255).tolist()),
        deviation=tuple((np.sqrt(spread) / 255).tolist()),
    )


def class_counts(labels: Labels, classes: int) -> tuple[int, ...]:
    """How many images each class has.

    >>> class_counts(np.array([2, 0, 2], np.int32), 3)
    (1, 0, 2)
    """
    return tuple(np.bincount(labels, minlength=classes).tolist())
