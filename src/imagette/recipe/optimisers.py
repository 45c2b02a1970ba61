"""The optimisers by name, with the definitions and defaults of torch.optim.

Weight decay is coupled (an L2 term in the gradient: SGD, Adam, RMSprop) or decoupled (the weights
shrink by rate * decay apart from the gradient: AdamW, Muon); `decoupled` says which.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from imagette.recipe.own import OwnOptimiser
from imagette.spec import Spec, named


class SGD(Spec):
    """w <- w - rate * v, with v <- momentum * v + gradient.

    With `nesterov`, the step is gradient + momentum * v. Source: Sutskever et al., 2013.
    """

    decoupled: ClassVar[bool] = False
    name: Literal["sgd"] = "sgd"
    rate: float = Field(0.01, ge=0)
    momentum: float = Field(0.0, ge=0, lt=1)
    nesterov: bool = False
    decay: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> "SGD":
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0. Got 0: set momentum = 0.9")
        return self


class Adam(Spec):
    """Steps scaled by running means of the gradient and its square. Source: arXiv 1412.6980."""

    decoupled: ClassVar[bool] = False
    name: Literal["adam"] = "adam"
    rate: float = Field(0.001, ge=0)
    betas: tuple[
        Annotated[float, Field(ge=0, lt=1)],
        Annotated[float, Field(ge=0, lt=1)],
    ] = (0.9, 0.999)
    epsilon: float = Field(1e-8, gt=0)
    decay: float = Field(0.0, ge=0)


class AdamW(Spec):
    """Adam whose weight decay is decoupled from the gradient. Source: arXiv 1711.05101."""

    decoupled: ClassVar[bool] = True
    name: Literal["adamw"] = "adamw"
    rate: float = Field(0.001, ge=0)
    betas: tuple[
        Annotated[float, Field(ge=0, lt=1)],
        Annotated[float, Field(ge=0, lt=1)],
    ] = (0.9, 0.999)
    epsilon: float = Field(1e-8, gt=0)
    decay: float = Field(0.01, ge=0)


class RMSprop(Spec):
    """Steps divided by the root of a running mean of squared gradients.

    Source: Tieleman and Hinton, 2012, lecture 6.5 of "Neural Networks for Machine Learning".
    """

    decoupled: ClassVar[bool] = False
    name: Literal["rmsprop"] = "rmsprop"
    rate: float = Field(0.01, ge=0)
    smoothing: float = Field(0.99, ge=0, lt=1)
    momentum: float = Field(0.0, ge=0, lt=1)
    epsilon: float = Field(1e-8, gt=0)
    decay: float = Field(0.0, ge=0)


NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients a, b, c of X <- a X + (b A + c A A) X, where A = X X^T."""

SMALLEST_NORM = 1e-7
"""Of a matrix that is divided by its norm: zeros stay zeros, and are not 0 / 0."""


class Muon(Spec):
    """Momentum, made nearly orthogonal matrix by matrix; for the other weights an optimiser `rest`.

    Of weights of two and more dimensions, but for the last layer's if it is linear: v <- momentum
    v + gradient; u = gradient + momentum v with `nesterov`, else v; as a matrix [out, the rest]
    with the Frobenius norm 1, `newton_schulz` steps take its singular values near 1; then w <-
    w - rate (sqrt(max(1, rows / columns)) u + decay w). In float32, where the source has bfloat16.
    With `normalise`, each of these weights is then scaled to the Frobenius norm sqrt(rows), so
    that a rate means the same turn at every step: for weights whose scale a norm takes away. It
    is done at a rate of 0 too, and leaves zeros at 0.
    The schedule multiplies the rates of both. Sources: Keller Jordan, 2024,
    https://kellerjordan.github.io/posts/muon; fewer steps and norms, for the second of his
    https://github.com/KellerJordan/cifar10-airbench, which scales before the step.
    """

    decoupled: ClassVar[bool] = True
    name: Literal["muon"] = "muon"
    rate: float = Field(0.02, ge=0)
    momentum: float = Field(0.95, ge=0, lt=1)
    nesterov: bool = True
    decay: float = Field(0.0, ge=0)
    newton_schulz: int = Field(5, ge=1, le=20)
    normalise: bool = False
    rest: Annotated[SGD | AdamW, Field(discriminator="name"), BeforeValidator(named)] = AdamW()


def movers(optimiser: Any) -> tuple[Any, ...]:
    """The optimiser, and after it the one that moves what it leaves, if it leaves any."""
    return (optimiser, optimiser.rest) if isinstance(optimiser, Muon) else (optimiser,)


Optimiser = Annotated[
    SGD | Adam | AdamW | RMSprop | Muon | OwnOptimiser,
    Field(discriminator="name"),
    BeforeValidator(named),
]
