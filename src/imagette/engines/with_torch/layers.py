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
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    LogSoftmax,
    MaxPool,
    Mean,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from imagette.network.containers import Add, Concatenate
from imagette.network.graph import Node


@dataclass(slots=True)
class Call:
    """One use of a node; made anew at each step, so it is kept small."""

    inputs: list[Tensor]
    weights: Mapping[str, Tensor]
    training: bool
    keys: Tensor | None  # int32 [2], of a dropout in training


Function = Callable[[Call], Tensor]


def lower_layer(node: Node) -> Function:
    """The torch function of a node."""
    return LOWERINGS[type(node.layer)](node.layer)


def _conv(layer: Conv) -> Function:
    margins = layer.margins

    def conv(call: Call) -> Tensor:
        x, padding = _padded(call.inputs[0], margins, 0.0)
        return F.conv2d(
            x,
            call.weights["weight"],
            call.weights.get("bias"),
            layer.stride,
            padding,
            layer.dilation,
            layer.groups,
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


def _dropout(layer: Dropout) -> Function:
    def drop(call: Call) -> Tensor:
        if call.keys is None:
            return call.inputs[0]
        return dropout(call.inputs[0], call.keys, layer.rate)

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
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Dropout: _dropout,
    Flatten: _same(lambda x: x.flatten(1)),
    ReLU: _same(F.relu),
    GELU: _same(F.gelu),
    Sigmoid: _same(torch.sigmoid),
    Tanh: _same(torch.tanh),
    Softmax: _same(lambda x: F.softmax(x, 1)),
    LogSoftmax: _same(lambda x: F.log_softmax(x, 1)),
    Add: lambda _layer: lambda call: call.inputs[0] + call.inputs[1],
    Concatenate: lambda _layer: lambda call: torch.cat(call.inputs, 1),
}
