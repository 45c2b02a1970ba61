"""Whether a network's probabilities are what they say: of what it gives .8, are 80 % right?"""

from dataclasses import dataclass

import numpy as np

from imagette.errors import UsageError
from imagette.evaluate.evaluation import Interval
from imagette.evaluate.losses import probabilities
from imagette.evaluate.metrics import interval
from imagette.evaluate.predictions import Predictions

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """The n images whose highest probability lies above `low`, up to `high`."""

    low: float
    high: float
    n: int
    confidence: float | None  # the mean of those probabilities; None without images
    accuracy: float | None
    interval: Interval  # of the accuracy, 95 %


@dataclass(frozen=True, slots=True)
class Calibration:
    """Confidence beside accuracy, bin by bin, and how far they lie apart; all from 0 to 1."""

    bins: tuple[Bin, ...]
    expected_error: float
    confidence: float  # the mean over images
    accuracy: float

    @property
    def n(self) -> int:
        return sum(one.n for one in self.bins)


def calibration(predictions: Predictions, bins: int = BINS) -> Calibration:
    """Confidence, the highest probability of an image, against accuracy, in bins of equal width.

    The expected calibration error is `sum(n_b / n |accuracy_b - confidence_b|)` over the bins.
    Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 2; 15 bins as there.
    `bins` is at least 1, otherwise UsageError.

    >>> logits = np.log(np.array([[0.9, 0.1], [0.8, 0.2]], np.float32))
    >>> found = calibration(Predictions(logits, np.array([0, 1], np.int32)), bins=2)
    >>> round(found.expected_error, 6)
    0.35
    """
    if bins < 1:
        raise UsageError(f"A calibration needs at least 1 bin. Got {bins}.")
    confidence = probabilities(predictions.logits).max(axis=1)
    correct = predictions.predicted == predictions.labels
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sure = np.bincount(place, confidence, bins)
    right = np.bincount(place, correct, bins)
    return Calibration(
        bins=tuple(
            _bin(at / bins, (at + 1) / bins, int(counts[at]), float(sure[at]), int(right[at]))
            for at in range(bins)
        ),
        expected_error=float(np.abs(right - sure).sum() / len(place)),
        confidence=float(confidence.mean()),
        accuracy=float(correct.mean()),
    )


def _bin(low: float, high: float, n: int, sure: float, right: int) -> Bin:
    if not n:
        return Bin(low, high, 0, None, None, interval(0, 0))
    return Bin(low, high, n, sure / n, right / n, interval(right, n))
