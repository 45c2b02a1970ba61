"""What every evaluation starts from: the logits of some images, and their true labels."""

from dataclasses import dataclass

import numpy as np

from imagette.arrays import Labels, Logits
from imagette.errors import TrainingError, UsageError


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The logits float32 [N,K] of N images and their labels int32 [N], 0 to K-1, in one order.

    Raises UsageError if the shapes or labels disagree, TrainingError if a logit is not finite:
    the highest of NaNs is class 0, so that a broken network would pass for one at chance.

    >>> Predictions(np.eye(3, dtype=np.float32), np.array([0, 1, 1], np.int32)).predicted
    array([0, 1, 2], dtype=int32)
    """

    logits: Logits
    labels: Labels

    def __post_init__(self) -> None:
        shape = self.logits.shape
        if len(shape) != 2 or 0 in shape or self.labels.shape != shape[:1]:
            raise UsageError(
                "Predictions need logits [N,K] and labels [N] of the same N, at least 1. "
                f"Got logits {list(shape)} and labels {list(self.labels.shape)}."
            )
        if self.labels.min() < 0 or self.labels.max() >= shape[1]:
            raise UsageError(
                f"Labels must lie between 0 and {shape[1] - 1}, one for each column of the logits. "
                f"Got {self.labels.min()} to {self.labels.max()}."
            )
        num_broken = int((~np.isfinite(self.logits)).any(axis=1).sum())
        if num_broken:
            raise TrainingError(
                f"The network's outputs are not finite for {num_broken} of {shape[0]} images: "
                "its training diverged; start again from an earlier checkpoint or a lower rate."
            )

    @property
    def num_images(self) -> int:
        return int(self.logits.shape[0])

    @property
    def num_classes(self) -> int:
        return int(self.logits.shape[1])

    @property
    def predicted(self) -> Labels:
        """The class of the highest logit, int32 [N]; of equals, the first."""
        highest: Labels = self.logits.argmax(axis=1).astype(np.int32)
        return highest

    @property
    def num_correct(self) -> int:
        return int((self.predicted == self.labels).sum())
