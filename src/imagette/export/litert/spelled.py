"""Layers that LiteRT has no operator for, spelled out in the operators that it has."""

from math import sqrt

import numpy as np

from imagette.export.litert.call import Call, Float, Lowering
from imagette.export.litert.program import ONCE
from imagette.network import Attention, LayerNorm
from imagette.network.graph import Shape


def lower_layer_norm(layer: LayerNorm) -> Lowering:
    def layer_norm(call: Call) -> int:
        add, shape = call.add, call.shape
        each = (*shape[:-1], 1)
        mean = _channels_mean(call, call.x, each, "mean")
        centred = add.apply("SUB", (call.x, mean), shape, name="centred")
        squared = add.apply("MUL", (centred, centred), shape, name="squared")
        var = _channels_mean(call, squared, each, "var")
        epsilon = add.constant("epsilon", np.array([layer.epsilon], np.float32))
        above = add.apply("ADD", (var, epsilon), each, name="above")
        root = add.apply("RSQRT", (above,), each, name="root")
        normed = add.apply("MUL", (centred, root), shape, name="normed")
        weight, bias = (add.constant(name, call.weights[name]) for name in ("weight", "bias"))
        scaled = add.apply("MUL", (normed, weight), shape, name="scaled")
        return add.apply("ADD", (scaled, bias), shape)

    return layer_norm


def _channels_mean(call: Call, x: int, shape: Shape, name: str) -> int:
    """Over the last axis, which stays with one element."""
    axes = call.add.constant(f"{name}_axes", np.array([len(shape)], np.int32))
    return call.add.apply("MEAN", (x, axes), shape, {"keepDims": True}, name=name)


def lower_attention(layer: Attention) -> Lowering:
    def attention(call: Call) -> int:
        height, width, channels = call.shape
        heads, pixels, depth = layer.heads, height * width, channels // layer.heads
        weight = call.weights["qkv_weight"].reshape(3, channels, channels)
        bias = call.weights.get("qkv_bias", np.zeros(3 * channels, np.float32)).reshape(3, -1)
        factors = np.array([1 / sqrt(depth), 1, 1], np.float32)  # the scores' own, in q

        def part(name: str, factor: Float, w: Float, b: Float) -> int:
            each = _pixelwise(call, call.x, name, w * factor, b * factor)
            split = call.add.reshape(each, (pixels, heads, depth), f"{name}_heads")
            return _swapped(call, split, (heads, pixels, depth), f"{name}_first")

        q, k, v = map(part, "qkv", factors, weight, bias)
        square = (heads, pixels, pixels)
        scores = call.add.apply("BATCH_MATMUL", (q, k), square, {"adjY": True}, name="scores")
        shares = call.add.apply("SOFTMAX", (scores,), square, {"beta": 1.0}, name="shares")
        seen = call.add.apply("BATCH_MATMUL", (shares, v), (heads, pixels, depth), name="seen")
        picture = call.add.reshape(
            _swapped(call, seen, (pixels, heads, depth), "beside"), call.shape, "picture"
        )
        out = call.weights.get("out_bias", np.zeros(channels, np.float32))
        return _pixelwise(call, picture, "", call.weights["out_weight"], out)

    return attention


def _swapped(call: Call, x: int, shape: Shape, name: str) -> int:
    """[N,pixels,heads,depth] to [N,heads,pixels,depth], or back."""
    axes = call.add.constant(f"{name}_axes", np.array([0, 2, 1, 3], np.int32))
    return call.add.apply("TRANSPOSE", (x, axes), shape, name=name)


def _pixelwise(call: Call, x: int, name: str, weight: Float, bias: Float) -> int:
    """An affine map of each pixel alone: a 1x1 convolution."""
    laid = call.add.constant(f"{name or 'out'}_weight", weight[:, None, None, :])
    terms = call.add.constant(f"{name or 'out'}_bias", bias)
    options = {"padding": "VALID", **ONCE}
    return call.add.apply("CONV_2D", (x, laid, terms), call.shape, options, name=name)
