"""From bytes to what a network reads: full scale to 1, then mean and deviation per channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images
from imagette.data.spec import DataSpec, Normalise
from imagette.data.split import Split
from imagette.data.statistics import channel_statistics
from imagette.errors import DataError, UsageError


@dataclass(frozen=True)
class Preprocess:
    """y = (x / 255 - mean) / deviation, channel by channel.

    >>> Preprocess((0.5,), (0.5,)).apply(np.array([[[[0]], [[255]]]], np.uint8)).ravel().tolist()
    [-1.0, 1.0]
    """

    channels_mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def apply(self, images: Images) -> NDArray[np.float32]:
        """Images uint8 [N,H,W,C] to float32 [N,C,H,W]."""
        scale, offset = self.factors
        return np.ascontiguousarray((images * scale + offset).transpose(0, 3, 1, 2))

    @property
    def factors(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`scale` and `offset` [C], by which engines and exports compute y = x * scale + offset.

        >>> [part.tolist() for part in Preprocess((0.5,), (0.5,)).factors]
        [[0.007843137718737125], [-1.0]]
        """
        mean, deviation = np.array(self.channels_mean), np.array(self.deviation)
        return (1 / (255 * deviation)).astype(np.float32), (-mean / deviation).astype(np.float32)

    def as_json(self) -> dict[str, list[float]]:
        return {"channels_mean": list(self.channels_mean), "deviation": list(self.deviation)}

    @classmethod
    def from_json(cls, values: Mapping[str, Sequence[float]]) -> "Preprocess":
        return cls(tuple(values["channels_mean"]), tuple(values["deviation"]))


def preprocess_of(spec: DataSpec, train: Split) -> Preprocess:
    """What `data.normalise` asks for; "channels" is computed from the given training images alone.

    Raises UsageError for a wrong number of values, DataError for a channel that never varies.
    """
    channels = train.images.shape[3]
    if spec.normalise == "none":
        return Preprocess((0.0,) * channels, (1.0,) * channels)
    if isinstance(spec.normalise, Normalise):
        return _given(spec.normalise, channels)
    statistics = channel_statistics(train.images)
    if 0 in statistics.deviation:
        raise DataError(
            f"Channel {statistics.deviation.index(0)} is the same in every pixel of the "
            f"{len(train)} training images, so it has no deviation to divide by. "
            "Set data.normalise = 'none'."
        )
    return Preprocess(statistics.mean, statistics.deviation)


def _given(normalise: Normalise, channels: int) -> Preprocess:
    if len(normalise.mean) != channels:
        raise UsageError(
            f"data.normalise must have one mean and one deviation for each of the {channels} "
            f"channels. Got {len(normalise.mean)}."
        )
    return Preprocess(normalise.mean, normalise.deviation)
