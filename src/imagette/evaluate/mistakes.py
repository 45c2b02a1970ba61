"""The images that a network gets wrong, the surest mistakes first."""

from dataclasses import dataclass

import numpy as np

from imagette.evaluate.losses import probabilities
from imagette.evaluate.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Mistake:
    """An image, by its place in the set, taken for another class with this probability."""

    index: int
    predicted: int
    true: int
    probability: float


def mistakes(predictions: Predictions, most: int | None = None) -> tuple[Mistake, ...]:
    """The misclassified images by falling probability of the wrong class; at most `most`.

    >>> logits = np.array([[0, 9], [0, 1], [5, 0]], np.float32)
    >>> [wrong.index for wrong in mistakes(Predictions(logits, np.array([1, 0, 1], np.int32)))]
    [2, 1]
    """
    predicted = predictions.predicted
    wrong = np.flatnonzero(predicted != predictions.labels)
    probability = probabilities(predictions.logits)[wrong, predicted[wrong]]
    surest_first = np.argsort(-probability, kind="stable")[:most]
    return tuple(
        Mistake(
            index=int(wrong[place]),
            predicted=int(predicted[wrong[place]]),
            true=int(predictions.labels[wrong[place]]),
            probability=float(probability[place]),
        )
        for place in surest_first
    )
