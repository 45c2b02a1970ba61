"""Each layer in ONNX: a row of the table for each, and nothing else to do to add one.

A lowering takes a layer and a `Call`, adds operators, and returns the name of the layer's output.
Pictures are [N,C,H,W] inside, as ONNX has them. Where ONNX has no operator for a layer, it gets an
alternative form of several: gelu by Erf, silu by Sigmoid, layernorm over channels by its formula,
attention by products of matrices, dropout by nothing.
"""

from collections.abc import Callable
from math import sqrt
from typing import Any

from imagette.export.onnx.builder import Call
from imagette.network.attention import Attention
from imagette.network.containers import Add, Concatenate, Multiply
from imagette.network.layer import number
from imagette.network.layers import (
    GELU,
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
from imagette.network.window import Margins

Lowering = Callable[[Any, Call], str]


def _conv(layer: Conv, call: Call) -> str:
    return call.op(
        "Conv",
        *_given(call.x, call.weight("weight"), call.weight("bias")),
        kernel_shape=layer.kernel,
        strides=layer.stride,
        pads=_pads(layer.margins),
        dilations=layer.dilation,
        group=number(layer.groups),
    )


def _linear(_layer: Linear, call: Call) -> str:
    inputs = _given(call.x, call.weight("weight"), call.weight("bias"))
    return call.op("Gemm", *inputs, transB=1)


def _max_pool(layer: MaxPool, call: Call) -> str:
    return call.op(
        "MaxPool",
        call.x,
        kernel_shape=layer.kernel,
        strides=layer.stride,
        pads=_pads(layer.margins),
    )


def _avg_pool(layer: AvgPool, call: Call) -> str:
    return call.op(
        "AveragePool",
        call.x,
        kernel_shape=layer.kernel,
        strides=layer.stride,
        pads=_pads(layer.margins),
        count_include_pad=1,
    )


def _over_pixels(kind: str) -> Lowering:
    return lambda _layer, call: call.op("Flatten", call.op(kind, call.x), axis=1)


def _batch_norm(layer: BatchNorm, call: Call) -> str:
    own = [call.weight(name) for name in ("weight", "bias", "mean", "var")]
    return call.op("BatchNormalization", call.x, *own, epsilon=layer.epsilon)


def _layer_norm(layer: LayerNorm, call: Call) -> str:
    """ONNX's own normalises the last axes; this one the channels, the second of four."""
    centred = call.op("Sub", call.x, _mean_over_channels(call, call.x))
    variance = _mean_over_channels(call, call.op("Mul", centred, centred))
    deviation = call.op("Sqrt", call.op("Add", variance, call.number("epsilon", layer.epsilon)))
    scaled = call.op("Mul", call.op("Div", centred, deviation), call.by_channel("weight"))
    return call.op("Add", scaled, call.by_channel("bias"))


def _mean_over_channels(call: Call, x: str) -> str:
    if call.builder.opset < 18:  # from then on the axes are an input
        return call.op("ReduceMean", x, axes=[1], keepdims=1)
    return call.op("ReduceMean", x, call.integers("channels", 1), keepdims=1)


def _scale(_layer: Scale, call: Call) -> str:
    return call.op("Mul", call.x, call.by_channel("weight"))


def _multiply(_layer: Multiply, call: Call) -> str:
    factors, entered = call.inputs
    body, whole = call.node.input_shapes
    if len(body) < len(whole):  # one factor a channel
        factors = call.op("Unsqueeze", factors, call.integers("pixels", 2, 3))
    return call.op("Mul", entered, factors)


def _attention(layer: Attention, call: Call) -> str:
    channels, height, width = call.node.input_shapes[0]
    depth = channels // layer.heads
    rows = call.op("Reshape", call.x, call.integers("rows", 0, channels, height * width))
    pixels = call.op("Transpose", rows, perm=[0, 2, 1])
    q, k, v = (_part(call, layer, pixels, n, channels) for n in range(3))
    q = call.op("Mul", q, call.number("scale", 1 / sqrt(depth)))
    scores = call.op("MatMul", q, call.op("Transpose", k, perm=[0, 1, 3, 2]))
    seen = call.op("MatMul", call.op("Softmax", scores, axis=-1), v)
    beside = call.op("Transpose", seen, perm=[0, 2, 1, 3])
    joined = call.op("Reshape", beside, call.integers("joined", 0, height * width, channels))
    made = _affine(call, joined, "out", slice(None))
    columns = call.op("Transpose", made, perm=[0, 2, 1])
    return call.op("Reshape", columns, call.integers("picture", 0, channels, height, width))


def _part(call: Call, layer: Attention, pixels: str, which: int, channels: int) -> str:
    """The queries, keys or values, [N,heads,pixels,depth]."""
    made = _affine(call, pixels, "qkv", slice(which * channels, (which + 1) * channels))
    depth = channels // layer.heads
    _, height, width = call.node.input_shapes[0]
    shape = call.integers("heads", 0, height * width, layer.heads, depth)
    return call.op("Transpose", call.op("Reshape", made, shape), perm=[0, 2, 1, 3])


def _affine(call: Call, x: str, name: str, rows: slice) -> str:
    """Of each pixel alone, by some rows of a weight [out,in], which stands turned in the file."""
    label = f"{name}_{'qkv'[rows.start // (rows.stop - rows.start)]}" if rows.stop else name
    weight = call.constant(f"{label}_weight", call.weights[f"{name}_weight"][rows].T)
    made = call.op("MatMul", x, weight)
    bias = call.weights.get(f"{name}_bias")
    return (
        made if bias is None else call.op("Add", made, call.constant(f"{label}_bias", bias[rows]))
    )


def _gelu(_layer: GELU, call: Call) -> str:
    """The exact one; ONNX has had an operator of its own only since opset 20."""
    inner = call.op("Erf", call.op("Mul", call.x, call.number("slope", sqrt(0.5))))
    share = call.op("Mul", call.op("Add", inner, call.number("one", 1)), call.number("half", 0.5))
    return call.op("Mul", call.x, share)


def _silu(_layer: SiLU, call: Call) -> str:
    return call.op("Mul", call.x, call.op("Sigmoid", call.x))


def _same(kind: str, **attributes: Any) -> Lowering:
    """For layers without options that ONNX has too."""
    return lambda _layer, call: call.op(kind, *call.inputs, **attributes)


def _pads(margins: Margins) -> tuple[int, int, int, int]:
    """ONNX names both beginnings, then both ends."""
    top, bottom, left, right = margins
    return top, left, bottom, right


def _given(*inputs: str) -> list[str]:
    return [name for name in inputs if name]


LOWERINGS: dict[type, Lowering] = {
    Conv: _conv,
    Linear: _linear,
    MaxPool: _max_pool,
    AvgPool: _avg_pool,
    Mean: _over_pixels("GlobalAveragePool"),
    Max: _over_pixels("GlobalMaxPool"),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Scale: _scale,
    Attention: _attention,
    Dropout: lambda _layer, call: call.x,
    Flatten: _same("Flatten", axis=1),
    ReLU: _same("Relu"),
    GELU: _gelu,
    SiLU: _silu,
    Sigmoid: _same("Sigmoid"),
    Tanh: _same("Tanh"),
    Softmax: _same("Softmax", axis=1),
    LogSoftmax: _same("LogSoftmax", axis=1),
    Add: _same("Add"),
    Multiply: _multiply,
    Concatenate: _same("Concat", axis=1),
}
