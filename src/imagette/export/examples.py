"""The real images by which an exported file is judged, and those by which it is calibrated."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Labels, Logits

SPLITS = {"validation": "validation", "train": "training"}
"""The splits that examples are taken from, as adjectives."""

NUM_EXAMPLES = 1000
"""Images on which a file is compared with its engine, where there are so many."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Images of a run's own data, with what its engine makes of them. Never of the test set."""

    split: Literal["validation", "train"]  # the latter where a run has no validation images
    rows: NDArray[np.int64]  # [N], which images of the split
    images: Images
    labels: Labels
    logits: Logits  # of the engine, float32 [N,K]
    calibration: Images  # of the training images, for ranges of activations

    @property
    def calibration_words(self) -> str:
        """By what the ranges of an int8 file were found, for its certificate."""
        return f"{len(self.calibration):,} training images, least and largest value"


def evenly(count: int, wanted: int) -> NDArray[np.int64]:
    """At most `wanted` of `count` rows, evenly apart: a split may hold its classes in a row.

    >>> evenly(10, 4).tolist(), evenly(2, 4).tolist()
    ([0, 3, 6, 9], [0, 1])
    """
    return np.linspace(0, count - 1, min(count, wanted)).round().astype(np.int64)
