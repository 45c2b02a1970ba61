"""The losses by name. What is reported is always the mean over the images.

`reduction` says what is differentiated: the mean over a batch (the default of torch), or the sum,
which multiplies the gradient, and so the rate, by the number of images (002-T4).
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from imagette.recipe.own import OwnLoss
from imagette.spec import Spec, named

Reduction = Literal["mean", "sum"]


class CrossEntropy(Spec):
    """-sum_k t_k log softmax(logits)_k, where t is the smoothed one-hot label.

    The network must end in logits, not in a softmax. Smoothing: Szegedy et al., arXiv 1512.00567.
    """

    name: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    reduction: Reduction = "mean"


class MSE(Spec):
    """The mean over the classes of (output - one-hot label) squared."""

    name: Literal["mse"] = "mse"
    reduction: Reduction = "mean"


class NLL(Spec):
    """Minus the log-probability of the label; the network must end in `log_softmax`."""

    name: Literal["nll"] = "nll"
    reduction: Reduction = "mean"


Loss = Annotated[
    CrossEntropy | MSE | NLL | OwnLoss, Field(discriminator="name"), BeforeValidator(named)
]
