"""Figures of a set of predictions: plain functions, and the table of those chosen by name."""

from collections.abc import Callable, Mapping
from statistics import NormalDist
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from imagette.evaluate.predictions import Predictions

Confusion = NDArray[np.int64]
"""[K,K]: rows are true classes, columns predicted ones; a row sums to its class's images."""

Metric = Callable[[Predictions], float]


def accuracy(predictions: Predictions) -> float:
    """The proportion of images predicted right, 0 to 1.

    >>> accuracy(Predictions(np.eye(4, dtype=np.float32), np.array([0, 1, 2, 0], np.int32)))
    0.75
    """
    return predictions.num_correct / predictions.num_images


def error_rate(predictions: Predictions) -> float:
    """The proportion of images predicted wrong, `1 - accuracy`."""
    return (predictions.num_images - predictions.num_correct) / predictions.num_images


def top_k(predictions: Predictions, k: int = 5) -> float:
    """The proportion of images whose true class has one of the k highest logits.

    Of equal logits the lower class comes first, as for accuracy, which is `top_k(..., 1)`.
    """
    logits, labels = predictions.logits, predictions.labels
    true_logit = logits[np.arange(len(labels)), labels][:, None]
    comes_first = np.arange(predictions.num_classes) < labels[:, None]
    rank = ((logits > true_logit) | ((logits == true_logit) & comes_first)).sum(axis=1)
    return float((rank < k).mean())


def confusion(predictions: Predictions) -> Confusion:
    """How many images of each true class (row) were predicted as each class (column)."""
    num_classes = predictions.num_classes
    cells = predictions.labels.astype(np.int64) * num_classes + predictions.predicted
    counts = np.bincount(cells, minlength=num_classes**2).astype(np.int64)
    return counts.reshape(num_classes, num_classes)


def per_class(predictions: Predictions) -> NDArray[np.float64]:
    """The accuracy on the images of each class, [K]; NaN for a class without images."""
    table = confusion(predictions)
    num_images = table.sum(axis=1)
    unknown = np.full(len(table), np.nan)
    accuracies: NDArray[np.float64] = np.divide(
        table.diagonal(), num_images, out=unknown, where=num_images > 0
    )
    return accuracies


def balanced_accuracy(predictions: Predictions) -> float:
    """The mean of the accuracies per class, over the classes that have images."""
    return float(np.nanmean(per_class(predictions)))


def macro_f1(predictions: Predictions) -> float:
    """The mean over classes of `2 hits / (images + predictions)`.

    A class with neither images nor predictions is left out.
    """
    table = confusion(predictions)
    images_and_predictions = table.sum(axis=1) + table.sum(axis=0)
    present = images_and_predictions > 0
    return float((2 * table.diagonal()[present] / images_and_predictions[present]).mean())


def interval(correct: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a proportion: where the true accuracy lies, with that confidence.

    `correct` need not be whole: of several networks it is the mean.

    `(p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)`; without images, all of [0, 1].
    It stays inside [0, 1] and holds near 0 and 1, where `p ± z √(p(1-p)/n)` does not:
    https://doi.org/10.1080/01621459.1927.10502953

    >>> [round(bound, 4) for bound in interval(90, 100)]
    [0.8256, 0.9448]
    """
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = correct / n
    centre = p + z**2 / (2 * n)
    half = z * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
    scale = 1 + z**2 / n
    low, high = (centre - half) / scale, (centre + half) / scale
    return max(0.0, min(p, low)), min(1.0, max(p, high))  # rounding moved them past 0 and 1


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "accuracy": accuracy,
        "error_rate": error_rate,
        "balanced_accuracy": balanced_accuracy,
        "macro_f1": macro_f1,
        "top_5": top_k,
    }
)
