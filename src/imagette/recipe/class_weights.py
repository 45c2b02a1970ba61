"""Class weights as numbers: what a recipe asks for, settled by the labels that are trained on."""

from collections.abc import Sequence

from imagette.arrays import Labels
from imagette.data.statistics import class_counts
from imagette.errors import UsageError
from imagette.recipe.losses import Loss, OfImages


def settled_loss(loss: Loss, labels: Labels, class_names: Sequence[str]) -> Loss:
    """The loss with one weight a class, if it has any: "balanced" is counted in `labels`.

    Raises UsageError for a wrong number of weights, or a class to balance that has no image.

    >>> import numpy as np
    >>> from imagette.recipe.losses import CrossEntropy
    >>> labels = np.array([0, 0, 0, 1], np.int32)
    >>> settled_loss(CrossEntropy(class_weights="balanced"), labels, ["cat", "dog"]).class_weights
    (0.6666666666666666, 2.0)
    """
    if not isinstance(loss, OfImages) or loss.class_weights is None:
        return loss
    weights = loss.class_weights
    if weights == "balanced":
        weights = _balanced(labels, class_names)
    if len(weights) != len(class_names):
        raise UsageError(
            f"recipe.loss.class_weights must have one weight for each of the {len(class_names)} "
            f"classes, in their order. Got {len(weights)}."
        )
    return loss.model_copy(update={"class_weights": weights})


def _balanced(labels: Labels, class_names: Sequence[str]) -> tuple[float, ...]:
    counts = class_counts(labels, len(class_names))
    absent = [name for name, count in zip(class_names, counts, strict=True) if not count]
    if absent:
        raise UsageError(
            f"recipe.loss.class_weights = 'balanced' needs a training image of every class; there "
            f"is none of {', '.join(absent)}. Give the weights as a list."
        )
    return tuple(len(labels) / (len(counts) * count) for count in counts)
