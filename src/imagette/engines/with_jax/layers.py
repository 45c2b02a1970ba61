"""Each layer in JAX: a row of the table for each, and nothing else to do to add one.

A lowering takes a node and returns its function of a `Call`: the inputs [B,H,W,C] or [B,F], the
node's weights by their last name as `layout` lays them out, and, in training, its dropout's key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from imagette.engines.with_jax import pooling
from imagette.engines.with_jax.convolution import Convolution, convolution_of
from imagette.engines.with_jax.dropout import dropout
from imagette.engines.with_jax.norms import batch_normalised, normalised, num_by_channel, running
from imagette.engines.with_jax.shards import Shards
from imagette.engines.with_jax.sums import add_bias
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


@dataclass(slots=True)
class Call:
    """One use of a node while JAX traces the network."""

    inputs: list[Array]
    weights: Mapping[str, Array]
    training: bool
    key: Array | None  # uint32 [2], of a dropout in training
    first: Array | int  # of the batch that these images are a part of: the number of their first
    shards: Shards  # those of the batch, of which these images are one
    convolve: Callable[[Convolution, Array, Array], Array]
    moved: dict[str, Array] = field(default_factory=dict)  # new running statistics


Function = Callable[[Call], Array]


def lower_layer(node: Node) -> Function:
    """The JAX function of a node."""
    return LOWERINGS[type(node.layer)](node.layer)


def _conv(layer: Conv) -> Function:
    convolution = convolution_of(layer)

    def conv(call: Call) -> Array:
        y = call.convolve(convolution, call.inputs[0], call.weights["weight"])
        return _biased(call, y)

    return conv


def _linear(_layer: Linear) -> Function:
    def linear(call: Call) -> Array:
        return _biased(call, call.inputs[0] @ call.weights["weight"])

    return linear


def _biased(call: Call, y: Array, name: str = "bias") -> Array:
    if name not in call.weights:
        return y
    return (add_bias if call.training else jnp.add)(y, call.weights[name])


def _batch_norm(layer: BatchNorm) -> Function:
    def batch_norm(call: Call) -> Array:
        x, own = call.inputs[0], call.weights
        if not call.training:
            mean, var = own["mean"], own["var"]
            return normalised(x, mean, var, layer.epsilon, own["weight"], own["bias"])
        y, mean, var = batch_normalised(x, own["weight"], own["bias"], layer.epsilon, call.shards)
        num = num_by_channel(x, call.shards)
        call.moved["mean"] = running(own["mean"], mean, layer.momentum)
        call.moved["var"] = running(own["var"], var * (num / max(num - 1, 1)), layer.momentum)
        return y

    return batch_norm


def _layer_norm(layer: LayerNorm) -> Function:
    def layer_norm(call: Call) -> Array:
        x, own = call.inputs[0], call.weights
        mean = x.mean(-1, keepdims=True)
        var = jnp.square(x - mean).mean(-1, keepdims=True)
        return normalised(x, mean, var, layer.epsilon, own["weight"], own["bias"])

    return layer_norm


def _multiply(call: Call) -> Array:
    factors, entered = call.inputs
    return entered * (factors[:, None, None] if factors.ndim < entered.ndim else factors)


def _attention(layer: Attention) -> Function:
    def attention(call: Call) -> Array:
        x, own = call.inputs[0], call.weights
        batch, height, width, channels = x.shape
        pixels = x.reshape(batch, height * width, channels)
        qkv = _biased(call, pixels @ own["qkv_weight"], "qkv_bias")
        parts = qkv.reshape(batch, -1, 3, layer.heads, channels // layer.heads)
        q, k, v = jnp.moveaxis(parts, 2, 0)  # each [B,pixels,heads,depth]
        scores = jnp.einsum("bqhd,bkhd->bhqk", q / sqrt(q.shape[3]), k)
        seen = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores, -1), v)
        made = _biased(call, seen.reshape(pixels.shape) @ own["out_weight"], "out_bias")
        return made.reshape(x.shape)

    return attention


def _dropout(layer: Dropout) -> Function:
    def drop(call: Call) -> Array:
        if call.key is None:
            return call.inputs[0]
        return dropout(call.inputs[0], call.key, layer.rate, call.first)

    return drop


def _flatten(call: Call) -> Array:
    """In the order C,H,W, as everywhere; inside, pictures lie as H,W,C."""
    x = call.inputs[0]
    return (jnp.moveaxis(x, 3, 1) if x.ndim == 4 else x).reshape(len(x), -1)


def _same(function: Callable[[Array], Array]) -> Callable[[Any], Function]:
    """For layers without options: the function of their one input."""
    return lambda _layer: lambda call: function(call.inputs[0])


LOWERINGS: dict[type, Callable[[Any], Function]] = {
    Conv: _conv,
    Linear: _linear,
    MaxPool: lambda layer: lambda call: pooling.max_pool(call.inputs[0], layer.window),
    AvgPool: lambda layer: lambda call: pooling.avg_pool(call.inputs[0], layer.window),
    Mean: _same(lambda x: x.mean((1, 2))),
    Max: _same(pooling.largest),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Scale: lambda _layer: lambda call: call.inputs[0] * call.weights["weight"],
    Attention: _attention,
    Dropout: _dropout,
    Flatten: lambda _layer: _flatten,
    ReLU: _same(jax.nn.relu),
    GELU: _same(lambda x: jax.nn.gelu(x, approximate=False)),
    SiLU: _same(jax.nn.silu),
    Sigmoid: _same(jax.nn.sigmoid),
    Tanh: _same(jnp.tanh),
    Softmax: _same(lambda x: jax.nn.softmax(x, -1)),
    LogSoftmax: _same(lambda x: jax.nn.log_softmax(x, -1)),
    Add: lambda _layer: lambda call: call.inputs[0] + call.inputs[1],
    Multiply: lambda _layer: _multiply,
    Concatenate: lambda _layer: lambda call: jnp.concatenate(call.inputs, -1),
}
