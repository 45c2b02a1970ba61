"""Losses of each image, in NumPy: the reference, and what evaluation reports.

Each takes logits float32 [N,K] and labels int32 [N], computes in float64 and returns float64 [N];
the loss of a set is their mean over images. An engine's own losses must agree with these.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels, Logits

Losses = NDArray[np.float64]
"""[N], one loss an image."""

Loss = Callable[[Logits, Labels], Losses]


def log_probabilities(logits: Logits) -> NDArray[np.float64]:
    """The logarithm of softmax, float64 [N,K]: `z - max - log(sum(exp(z - max)))`."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    normaliser: NDArray[np.float64] = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_p: NDArray[np.float64] = shifted - normaliser
    return log_p


def probabilities(logits: Logits) -> NDArray[np.float64]:
    """Softmax, float64 [N,K]: each row sums to 1, and no logit is too large for it.

    >>> probabilities(np.array([[1000, 1000]], np.float32))
    array([[0.5, 0.5]])
    """
    return np.exp(log_probabilities(logits))


def cross_entropy(logits: Logits, labels: Labels, label_smoothing: float = 0.0) -> Losses:
    """`-sum(q log p)`, p the softmax of the logits and q the smoothed target.

    q is `1 - s + s / K` for the true class and `s / K` for the others, s = `label_smoothing`,
    0 <= s < 1: https://arxiv.org/abs/1512.00567, section 7.

    >>> cross_entropy(np.zeros((1, 4), np.float32), np.array([2], np.int32)).round(4)
    array([1.3863])
    """
    log_p = log_probabilities(logits)
    uniform: Losses = -log_p.mean(axis=1)
    return (1 - label_smoothing) * nll(log_p, labels) + label_smoothing * uniform


def mse(logits: Logits, labels: Labels) -> Losses:
    """The mean over the K outputs of `(output - target)^2`, the target being the one-hot label.

    Its mean over images is a mean over N and K, as torch's MSELoss(reduction="mean").

    >>> mse(np.array([[1, 0, 0, 2]], np.float32), np.array([0], np.int32))
    array([1.])
    """
    target = np.eye(logits.shape[1])[labels]
    losses: Losses = np.square(logits - target).mean(axis=1)
    return losses


def nll(log_probabilities: NDArray[np.floating], labels: Labels) -> Losses:
    """`-log p` of the true class; the network itself ends in a log-softmax.

    >>> nll(np.log(np.array([[0.25, 0.75]])), np.array([1], np.int32)).round(4)
    array([0.2877])
    """
    rows = np.arange(len(labels))
    return -log_probabilities[rows, labels].astype(np.float64)


def class_weighted(losses: Losses, labels: Labels, class_weights: Sequence[float]) -> Losses:
    """Each image's loss times the weight of its class; their mean is over the images.

    >>> class_weighted(np.array([1.0, 2.0]), np.array([0, 1], np.int32), [3.0, 0.5]).tolist()
    [3.0, 1.0]
    """
    weighted: Losses = losses * np.array(class_weights)[labels]
    return weighted


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {"cross_entropy": cross_entropy, "mse": mse, "nll": nll}
)
