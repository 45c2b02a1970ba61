"""The layer in which every pixel looks at every other."""

from dataclasses import dataclass, field
from typing import ClassVar

from imagette.network import operations as op
from imagette.network.errors import NetworkError
from imagette.network.forms import COUNT, FLAG, option
from imagette.network.layer import Layer, picture
from imagette.network.tensors import Shape, Weight
from imagette.network.window import Window


@dataclass(frozen=True)
class Attention(Layer):
    """Multi-head self-attention over the pixels of [C,H,W]; the shape stays.

    With T = H*W pixels of C channels: q, k, v = three affine maps of each pixel; in each of `heads`
    parts of d = C / heads channels, softmax(q k^T / sqrt d) v; an affine map of the parts side by
    side. Weights `qkv_weight` [3C,C], `out_weight` [C,C], and with `bias` `qkv_bias` [3C] and
    `out_bias` [C]: 4 C^2 parameters, and 4 C. No pixel knows its place, unless told before.

    Source: Vaswani et al., https://arxiv.org/abs/1706.03762
    """

    word: ClassVar[str] = "attention"
    heads: int = field(default=1, metadata=option(COUNT))
    bias: bool = field(default=True, metadata=option(FLAG))

    def operations(self, shape: Shape) -> tuple[op.Operation, ...]:
        channels, height, width = picture(self, shape)
        if channels % self.heads:
            divisors = [n for n in range(1, self.heads) if channels % n == 0]
            raise NetworkError(
                f"heads must divide the input's channels, {channels}. Got {self.heads}; "
                f"take heads={divisors[-1]}"
            )
        pixels, depth = height * width, channels // self.heads
        scores = op.Products(self.heads, pixels, depth, pixels)
        every, largest = scores.output_shape, op.Reduce(scores.output_shape, (2,), "maximum")
        softmax = (
            largest,
            op.Elementwise(every, ("add", "exp")),
            op.Reduce(every, (2,), "add"),
            op.Elementwise(every, ("divide",)),
        )
        return (
            *self._affine(shape, 3 * channels),
            op.Elementwise(shape, ("multiply",)),  # q by 1 / sqrt d
            scores,
            *softmax,
            op.Products(self.heads, pixels, pixels, depth),
            *self._affine(shape, channels),
        )

    def _affine(self, shape: Shape, channels: int) -> tuple[op.Operation, ...]:
        """Of each pixel alone: a 1x1 convolution."""
        product = op.Convolve(shape, channels, Window((1, 1)))
        bias = op.Elementwise(product.output_shape, ("add",))
        return (product, bias) if self.bias else (product,)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        c = shape[0]
        weights = {"qkv_weight": (3 * c, c), "qkv_bias": (3 * c,)}
        weights |= {"out_weight": (c, c), "out_bias": (c,)}
        return tuple(Weight(n, s) for n, s in weights.items() if self.bias or len(s) == 2)
