"""What a network scores that has learnt nothing but how common each class is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels
from imagette.recipe.losses import MSE, NLL, CrossEntropy, Loss, OfImages


@dataclass(frozen=True, slots=True)
class Chance:
    """What it scores to know how common each class is, and not to look at the picture.

    For K equal classes the accuracy is 1/K and the cross-entropy ln K. `loss` is None for a loss
    of one's own.
    """

    accuracy: float
    loss: float | None


def chance_of(labels: Labels, num_classes: int, loss: Loss) -> Chance:
    """Chance by the proportions of `labels`, smoothed and weighted as the loss has it.

    >>> chance_of(np.array([0, 1, 2, 3], np.int32), 4, CrossEntropy())
    Chance(accuracy=0.25, loss=1.3862943611198906)
    """
    shares = np.bincount(labels, minlength=num_classes) / len(labels)
    return Chance(float(shares.max()), _best_loss(shares, loss))


def _best_loss(shares: NDArray[np.float64], loss: Loss) -> float | None:
    weights = loss.class_weights if isinstance(loss, OfImages) else None
    weighted = shares * (np.ones(len(shares)) if weights is None else np.array(weights))
    mean_weight = float(weighted.sum())
    shares = weighted / (mean_weight or 1.0)
    match loss:
        case CrossEntropy(label_smoothing=smoothing):
            return mean_weight * _entropy((1 - smoothing) * shares + smoothing / len(shares))
        case NLL():
            return mean_weight * _entropy(shares)
        case MSE():
            return mean_weight * float((shares * (1 - shares)).mean())
        case _:
            return None


def _entropy(shares: NDArray[np.float64]) -> float:
    return float(-(shares * np.log(np.where(shares > 0, shares, 1))).sum())
