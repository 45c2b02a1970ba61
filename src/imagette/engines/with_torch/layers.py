"""Each layer in torch: a row of the table for each, and nothing else to do to add one.

A lowering takes a node and returns its function of a `Call`: the inputs [B,C,H,W] or [B,F], the
node's weights by their last name, and, in training, the keys of its dropout.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from imagette.engines.with_torch.dropout import dropout
from imagette.network import (
    GELU,
    Attention,
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    LogSoftmax,
    Max,
    MaxPool,
    Mean,
    ReLU,
    Scale,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from imagette.network.containers import Add, Concatenate, Multiply
from imagette.network.graph import Node
from imagette.network.layer import number


@dataclass(slots=True)
class Call:
    """One use of a node; made anew at each step, so it is kept small."""

    inputs: list[Tensor]
    weights: Mapping[str, Tensor]
    training: bool
    keys: Tensor | None  # int32 [2], of a dropout in training
    first: int  # of the batch that these images are a part of: the number of their first


Function = Callable[[Call], Tensor]


def lower_layer(node: Node) -> Function:
    """The torch function of a node."""
    return LOWERINGS[type(node.layer)](node.layer)


def _conv(layer: Conv) -> Function:
    margins, groups = layer.margins, number(layer.groups)

    def conv(call: Call) -> Tensor:
        x, padding = _padded(call.inputs[0], margins, 0.0)
        return F.conv2d(
            x,
            call.weights["weight"],
            call.weights.get("bias"),
            layer.stride,
            padding,
            layer.dilation,
            groups,
        )

    return conv


def _linear(_layer: Linear) -> Function:
    return lambda call: F.linear(call.inputs[0], call.weights["weight"], call.weights.get("bias"))


def _max_pool(layer: MaxPool) -> Function:
    margins = layer.margins

    def max_pool(call: Call) -> Tensor:
        x, padding = _padded(call.inputs[0], margins, float("-inf"), _at_most_half(layer.kernel))
        return F.max_pool2d(x, layer.kernel, layer.stride, padding)

    return max_pool


def _avg_pool(layer: AvgPool) -> Function:
    margins = layer.margins

    def avg_pool(call: Call) -> Tensor:
        x, padding = _padded(call.inputs[0], margins, 0.0, _at_most_half(layer.kernel))
        return F.avg_pool2d(x, layer.kernel, layer.stride, padding)

    return avg_pool


def _mean(_layer: Mean) -> Function:
    return lambda call: call.inputs[0].mean((2, 3))


def _batch_norm(layer: BatchNorm) -> Function:
    def batch_norm(call: Call) -> Tensor:
        own = call.weights
        return F.batch_norm(
            call.inputs[0],
            own["mean"],
            own["var"],
            own["weight"],
            own["bias"],
            call.training,
            layer.momentum,
            layer.epsilon,
        )

    return batch_norm


def _layer_norm(layer: LayerNorm) -> Function:
    def layer_norm(call: Call) -> Tensor:
        x, own = call.inputs[0], call.weights
        shape = own["weight"].shape
        if x.dim() == 2:
            return F.layer_norm(x, shape, own["weight"], own["bias"], layer.epsilon)
        x_NHWC = x.permute(0, 2, 3, 1)
        normed = F.layer_norm(x_NHWC, shape, own["weight"], own["bias"], layer.epsilon)
        return normed.permute(0, 3, 1, 2)

    return layer_norm


def _scale(_layer: Scale) -> Function:
    def scale(call: Call) -> Tensor:
        return call.inputs[0] * _by_channel(call.weights["weight"][None], call.inputs[0])

    return scale


def _multiply(_layer: Multiply) -> Function:
    def multiply(call: Call) -> Tensor:
        factors, entered = call.inputs
        return entered * _by_channel(factors, entered)

    return multiply


def _by_channel(factors: Tensor, like: Tensor) -> Tensor:
    """[B,C] as [B,C,1,1] where what it multiplies has pixels."""
    return factors[:, :, None, None] if factors.dim() < like.dim() else factors


def _attention(layer: Attention) -> Function:
    def attention(call: Call) -> Tensor:
        x, own = call.inputs[0], call.weights
        batch, channels, height, width = x.shape
        pixels = x.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
        qkv = F.linear(pixels, own["qkv_weight"], own.get("qkv_bias"))
        parts = qkv.view(batch, -1, 3, layer.heads, channels // layer.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # each [B,heads,pixels,depth]
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        made = F.linear(seen, own["out_weight"], own.get("out_bias"))
        return made.view(batch, height, width, channels).permute(0, 3, 1, 2)

    return attention


def _dropout(layer: Dropout) -> Function:
    def drop(call: Call) -> Tensor:
        if call.keys is None:
            return call.inputs[0]
        return dropout(call.inputs[0], call.keys, layer.rate, call.first)

    return drop


def _same(function: Callable[[Tensor], Tensor]) -> Callable[[Any], Function]:
    """For layers without options: the function of their one input."""
    return lambda _layer: lambda call: function(call.inputs[0])


def _padded(
    x: Tensor,
    margins: tuple[int, int, int, int],
    fill: float,
    most: tuple[int, int] | None = None,
) -> tuple[Tensor, tuple[int, int]]:
    """What torch's own symmetric padding can do is left to it; anything else is done here."""
    top, bottom, left, right = margins
    within = most is None or (top <= most[0] and left <= most[1])
    if top == bottom and left == right and within:
        return x, (top, left)
    return F.pad(x, (left, right, top, bottom), value=fill), (0, 0)


def _at_most_half(kernel: tuple[int, int]) -> tuple[int, int]:
    """Torch's poolings take no padding above half their kernel."""
    return kernel[0] // 2, kernel[1] // 2


LOWERINGS: dict[type, Callable[[Any], Function]] = {
    Conv: _conv,
    Linear: _linear,
    MaxPool: _max_pool,
    AvgPool: _avg_pool,
    Mean: _mean,
    Max: _same(lambda x: F.max_pool2d(x, x.shape[2:]).flatten(1)),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Scale: _scale,
    Attention: _attention,
    Dropout: _dropout,
    Flatten: _same(lambda x: x.flatten(1)),
    ReLU: _same(F.relu),
    GELU: _same(F.gelu),
    SiLU: _same(F.silu),
    Sigmoid: _same(torch.sigmoid),
    Tanh: _same(torch.tanh),
    Softmax: _same(lambda x: F.softmax(x, 1)),
    LogSoftmax: _same(lambda x: F.log_softmax(x, 1)),
    Add: lambda _layer: lambda call: call.inputs[0] + call.inputs[1],
    Multiply: _multiply,
    Concatenate: lambda _layer: lambda call: torch.cat(call.inputs, 1),
}
