"""The layers of the language: one frozen dataclass each, which states its weights and operations.

A layer without fields of its own inherits all it needs from `Layer`, the decorator included.
A layer knows nothing of its neighbours: `walk` hands it the shapes that reach it. To add one, write
its dataclass and name it in `WORDS`; text, JSON, walk and cost table follow, and each engine lowers
it in one function.

Shapes are `(C, H, W)` or `(F,)`, without the batch. Values are checked by `walk`, the one border,
where the line and the incoming shape are known too.
"""

from dataclasses import dataclass, field
from math import prod
from typing import ClassVar

from imagette.network import operations as op
from imagette.network.attention import Attention
from imagette.network.containers import (
    Add,
    Block,
    Branches,
    Concatenate,
    Container,
    Gate,
    Join,
    Multiply,
    Network,
    Residual,
    Sequential,
)
from imagette.network.errors import NetworkError
from imagette.network.forms import FACTOR, FLAG, RATE, SHARE, SMALL, WIDTH, argument, option
from imagette.network.layer import Layer, Width, number, picture
from imagette.network.sliding import AvgPool, Conv, MaxPool, Padding, Pool
from imagette.network.tensors import Shape, Weight, shape_text

__all__ = [
    "GELU",
    "WORDS",
    "Add",
    "Attention",
    "AvgPool",
    "BatchNorm",
    "Block",
    "Branches",
    "Concatenate",
    "Container",
    "Conv",
    "Dropout",
    "Flatten",
    "Gate",
    "Join",
    "Layer",
    "LayerNorm",
    "Linear",
    "LogSoftmax",
    "Max",
    "MaxPool",
    "Mean",
    "Multiply",
    "Network",
    "Padding",
    "Pool",
    "ReLU",
    "Residual",
    "Scale",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Width",
]


@dataclass(frozen=True)
class Linear(Layer):
    """A matrix product with bias: [F] to [features]; weight [features, F], bias [features]."""

    word: ClassVar[str] = "linear"
    features: Width = field(metadata=argument(WIDTH))
    bias: bool = field(default=True, metadata=option(FLAG))

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        if len(shape) != 1:
            raise NetworkError(
                f"linear takes features in a row, not a picture {shape_text(shape)}; "
                f"write flatten before it ({prod(shape):,} features), or mean ({shape[0]:,})"
            )
        product = op.MatMul(shape, number(self.features))
        bias = op.Elementwise(product.output_shape, ("add",))
        return (product, bias) if self.bias else (product,)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        features = number(self.features)
        weight = Weight("weight", (features, *shape))
        return (weight, Weight("bias", (features,))) if self.bias else (weight,)


class ReLU(Layer):
    """max(x, 0): one maximum an element."""

    word: ClassVar[str] = "relu"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Elementwise(shape, ("maximum",)),)


class GELU(Layer):
    """The exact x * 1/2 * (1 + erf(x / sqrt 2)): three multiplications, an addition and an erf.

    Source: Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415
    """

    word: ClassVar[str] = "gelu"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Elementwise(shape, ("multiply", "erf", "add", "multiply", "multiply")),)


class SiLU(Layer):
    """x / (1 + exp(-x)), also called swish: an exponential, an addition and a division an element.

    Source: Elfwing et al., https://arxiv.org/abs/1702.03118
    """

    word: ClassVar[str] = "silu"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Elementwise(shape, ("exp", "add", "divide")),)


class Sigmoid(Layer):
    """1 / (1 + exp(-x)): an exponential, an addition and a division an element."""

    word: ClassVar[str] = "sigmoid"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Elementwise(shape, ("exp", "add", "divide")),)


class Tanh(Layer):
    """The hyperbolic tangent: one transcendental an element."""

    word: ClassVar[str] = "tanh"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Elementwise(shape, ("tanh",)),)


class Softmax(Layer):
    """exp(x - max x) / sum exp(x - max x) over channels or features."""

    word: ClassVar[str] = "softmax"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (
            op.Reduce(shape, (0,), "maximum"),
            op.Elementwise(shape, ("add", "exp")),
            op.Reduce(shape, (0,), "add"),
            op.Elementwise(shape, ("divide",)),
        )


class LogSoftmax(Layer):
    """y - log sum exp(y), where y = x - max x, over channels or features."""

    word: ClassVar[str] = "log_softmax"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        total = op.Reduce(shape, (0,), "add")
        return (
            op.Reduce(shape, (0,), "maximum"),
            op.Elementwise(shape, ("add", "exp")),
            total,
            op.Elementwise(total.output_shape, ("log",)),
            op.Elementwise(shape, ("add",)),
        )


class Mean(Layer):
    """The mean of each channel, also called global average pooling: [C,H,W] to [C]."""

    word: ClassVar[str] = "mean"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        total = op.Reduce(picture(self, shape), (1, 2), "add")
        return (total, op.Elementwise(total.output_shape, ("multiply",)))


class Max(Layer):
    """The largest of each channel, also called global max pooling: [C,H,W] to [C]."""

    word: ClassVar[str] = "max"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Reduce(picture(self, shape), (1, 2), "maximum"),)


@dataclass(frozen=True)
class Scale(Layer):
    """Each channel (or feature) times a weight of its own, at first `initial` for all.

    A `frozen` one keeps that factor, as for small logits at the end of a network. Sources: layer
    scale, https://arxiv.org/abs/2103.17239, and https://arxiv.org/abs/2404.00498 for the logits.
    """

    word: ClassVar[str] = "scale"
    initial: float = field(default=1.0, metadata=option(FACTOR))
    frozen: bool = field(default=False, metadata=option(FLAG))

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Elementwise(shape, ("multiply",)),)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", shape[:1], not self.frozen, fill=self.initial),)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """(x - mean) / sqrt(var + epsilon) * weight + bias for each channel or feature.

    In inference mean and var are known, so it is one multiplication and one addition an element.
    `mean` and `var` (unbiased) move by `momentum` at each training step, as torch defines it.

    Source: Ioffe and Szegedy, https://arxiv.org/abs/1502.03167
    """

    word: ClassVar[str] = "batchnorm"
    momentum: float = field(default=0.1, metadata=option(SHARE))
    epsilon: float = field(default=1e-5, metadata=option(SMALL))

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Elementwise(shape, ("multiply", "add")),)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        width = shape[:1]
        statistics = Weight("mean", width, False, 0.0), Weight("var", width, False, 1.0)
        return (*_learnt(width), *statistics)


@dataclass(frozen=True)
class LayerNorm(Layer):
    """(x - mean) / sqrt(var + epsilon) * weight + bias over the channels of each pixel.

    Mean and (biased) variance are taken over C at each pixel of [C,H,W], or over F of [F]; a mean
    over n costs n - 1 additions and one multiplication, 1 / sqrt one transcendental.

    Source: Ba et al., https://arxiv.org/abs/1607.06450, over channels as in ConvNeXt,
    https://arxiv.org/abs/2201.03545
    """

    word: ClassVar[str] = "layernorm"
    epsilon: float = field(default=1e-5, metadata=option(SMALL))

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        total = op.Reduce(shape, (0,), "add")
        pixels = total.output_shape
        return (
            total,
            op.Elementwise(pixels, ("multiply",)),
            op.Elementwise(shape, ("add", "multiply")),  # centred, then squared
            total,
            op.Elementwise(pixels, ("multiply", "add", "rsqrt")),
            op.Elementwise(shape, ("multiply", "multiply", "add")),
        )

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        return _learnt(shape[:1])


def _learnt(width: Shape) -> tuple[Weight, ...]:
    """What a norm multiplies by and adds, at first 1 and 0."""
    return Weight("weight", width, fill=1.0), Weight("bias", width, fill=0.0)


@dataclass(frozen=True)
class Dropout(Layer):
    """In training, each element is 0 with probability `rate`, else divided by 1 - rate.

    In evaluation it does nothing, so it costs nothing.

    Source: Srivastava et al., https://jmlr.org/papers/v15/srivastava14a.html
    """

    word: ClassVar[str] = "dropout"
    rate: float = field(metadata=argument(RATE))

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Elementwise(shape, ()),)


class Flatten(Layer):
    """All elements in a row, in C,H,W order: [C,H,W] to [C*H*W]."""

    word: ClassVar[str] = "flatten"

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        return (op.Reshape(shape, (prod(shape),)),)


WORDS: dict[str, type[Layer]] = {
    kind.word: kind
    for kind in (
        Conv,
        Linear,
        MaxPool,
        AvgPool,
        Mean,
        Max,
        BatchNorm,
        LayerNorm,
        Scale,
        Attention,
        Dropout,
        ReLU,
        GELU,
        SiLU,
        Sigmoid,
        Tanh,
        Softmax,
        LogSoftmax,
        Flatten,
        Residual,
        Branches,
        Gate,
    )
}
"""Every word of the language and the layer it stands for."""
