"""The losses by name. What is reported is always the mean over the images.

`reduction` says what is differentiated: the mean over a batch (the default of torch), or the sum,
which multiplies the gradient, and so the rate, by the number of images (002-T4).

`class_weights` multiply the loss of each image by the weight of its class, before either; the mean
is still over the number of images. Torch's own losses divide by the sum of the weights that a batch
happens to hold instead, so that an image counts for more in a batch of light ones. "balanced" is
N / (K n_k) for the n_k of N training images that are of class k of K: every class then has the same
share of the loss, and the weights of the training images are 1 on average.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from imagette.recipe.own import OwnLoss
from imagette.spec import Spec, named

Reduction = Literal["mean", "sum"]
ClassWeights = tuple[float, ...] | Literal["balanced"] | None


class OfImages(Spec):
    """What the losses of imagette's own share: they give one number an image."""

    reduction: Reduction = "mean"
    class_weights: ClassWeights = None

    @field_validator("class_weights")
    @classmethod
    def _some_class_counts(cls, weights: ClassWeights) -> ClassWeights:
        if isinstance(weights, tuple) and (min(weights, default=0) < 0 or not any(weights)):
            raise ValueError(
                f"class weights must be numbers from 0, not all of them 0. Got {list(weights)}"
            )
        return weights


class CrossEntropy(OfImages):
    """-sum_k t_k log softmax(logits)_k, where t is the smoothed one-hot label.

    The network must end in logits, not in a softmax. Smoothing: Szegedy et al., arXiv 1512.00567.
    """

    name: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = Field(0.0, ge=0, lt=1)


class MSE(OfImages):
    """The mean over the classes of (output - one-hot label) squared."""

    name: Literal["mse"] = "mse"


class NLL(OfImages):
    """Minus the log-probability of the label; the network must end in `log_softmax`."""

    name: Literal["nll"] = "nll"


Loss = Annotated[
    CrossEntropy | MSE | NLL | OwnLoss, Field(discriminator="name"), BeforeValidator(named)
]
