"""What a network scores during training, from its logits, and what that took."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from imagette.arrays import Labels, Logits, Weights
from imagette.data.split import Split
from imagette.engines.protocol import Model
from imagette.evaluate.losses import LOSSES, Loss, Losses, class_weighted, cross_entropy
from imagette.evaluate.metrics import accuracy
from imagette.evaluate.predictions import Predictions
from imagette.network.cost import Cost
from imagette.recipe.losses import CrossEntropy, Loss as LossSpec, OfImages


@dataclass(frozen=True)
class Score:
    """The mean loss and the accuracy on a split."""

    loss: float
    accuracy: float

    def named(self, split: str) -> dict[str, float]:
        return {f"{split}_loss": self.loss, f"{split}_accuracy": self.accuracy}


def score(model: Model, weights: Weights, split: Split, loss: Loss, batch: int) -> Score:
    """Puts every image of `split` through the network, in evaluation mode."""
    predictions = Predictions(model.predict(weights, split.images, batch), split.labels)
    losses = loss(predictions.logits, predictions.labels)
    return Score(float(losses.mean()), accuracy(predictions))


def loss_of(spec: LossSpec) -> Loss:
    """The recipe's loss in NumPy, one value an image: what training lowers.

    Smoothing and class weights, which must be numbers by now, are included.
    """
    plain = LOSSES[spec.name]
    if isinstance(spec, CrossEntropy):
        plain = partial(cross_entropy, label_smoothing=spec.label_smoothing)
    weights = spec.class_weights if isinstance(spec, OfImages) else None
    if weights is None:
        return plain
    assert weights != "balanced", "settled_loss makes numbers of it"

    def weighted(logits: Logits, labels: Labels) -> Losses:
        return class_weighted(plain(logits, labels), labels, weights)

    return weighted


@dataclass(frozen=True)
class Work:
    """What an epoch took: seconds apart for training and evaluation, images of each."""

    train_seconds: float
    train_images: int
    evaluation_seconds: float
    evaluation_images: int

    def timing(self, epoch: int, cost: Cost, train_cost: Cost) -> Mapping[str, Any]:
        """A row of `timings.jsonl`. Operations are those of the forward passes alone (001-08).

        `cost` is that of an image in evaluation, `train_cost` in training, where it may be smaller.
        """
        forward = train_cost * self.train_images + cost * self.evaluation_images
        seconds = self.train_seconds + self.evaluation_seconds
        return {
            "epoch": epoch,
            "train_seconds": self.train_seconds,
            "evaluation_seconds": self.evaluation_seconds,
            "images_per_second": _rate(self.train_images, self.train_seconds),
            "operations": {
                "multiplications": forward.multiplications,
                "additions": forward.additions,
                "maximums": forward.maximums,
                "total": forward.total,
            },
            "operations_per_second": _rate(forward.total, seconds),
        }


def _rate(amount: int, seconds: float) -> float | None:
    return amount / seconds if amount and seconds > 0 else None
