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
