"""Each layer in LiteRT's operators: a row of the table for each, and nothing else to do to add one.

A lowering adds a node's operators to an assembler and returns the number of its output. What the
format lacks takes its alternative form: padding that is neither "same" nor none is an operator of
its own, a layer norm and an attention are spelled out, SiLU is a sigmoid and a product.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from imagette.data.preprocess import Preprocess
from imagette.errors import ExportError
from imagette.export.format import INPUT, OUTPUT
from imagette.export.litert.call import Call, Float, Lowering, affine, channels_last
from imagette.export.litert.program import Assembler, Grid, Option, Program, Tensor
from imagette.export.litert.spelled import lower_attention, lower_layer_norm
from imagette.export.litert.windows import lower_avg_pool, lower_conv, lower_max, lower_max_pool
from imagette.network import (
    GELU,
    Attention,
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    Graph,
    LayerNorm,
    Linear,
    LogSoftmax,
    Max,
    MaxPool,
    Mean,
    Node,
    ReLU,
    Scale,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)
from imagette.network.containers import Add, Concatenate, Multiply
from imagette.network.graph import Shape

PIXELS = Grid(np.ones(1, np.float32), 0)
"""Each of 0 to 255 stands for itself."""


def lowered(graph: Graph, weights: Mapping[str, Float], preprocess: Preprocess) -> Program:
    """The program of a network in evaluation mode: uint8 pictures to float32 logits.

    Raises ExportError for a node that is no layer of the language, by its path.
    """
    add = Assembler()
    tensors = {0: _normalised(add, graph.input_shape, preprocess)}
    image = 0
    in_pixel_order = _flattened_for_linears(graph)
    rows: dict[int, Shape] = {}
    for node in graph.nodes:
        add.path = node.path
        own = {w.name.rpartition(".")[2]: weights[w.name] for w in node.weights}
        inputs = tuple(tensors[i] for i in node.inputs)
        known, keeps = rows.get(node.inputs[0]), node.index in in_pixel_order
        tensors[node.output] = _row(node)(Call(add, node, inputs, own, known, keeps))
        if keeps:
            rows[node.output] = node.input_shapes[0]
        elif known and isinstance(node.layer, Dropout):
            rows[node.output] = known
    return add.program(image, _named(add, tensors[graph.last.output]))


def _row(node: Node) -> Lowering:
    row = LOWERINGS.get(type(node.layer))
    if row is None:
        raise ExportError(
            f"{node.path} ({node.function}) has no form in LiteRT: it is no layer of the network "
            "language. Export this network to onnx."
        )
    return row(node.layer)


def _named(add: Assembler, output: int) -> int:
    """The last tensor is called logits, whatever made it."""
    old = add.tensors[output]
    add.tensors[output] = Tensor(OUTPUT, old.shape, old.dtype)
    return output


def _normalised(add: Assembler, shape: Shape, preprocess: Preprocess) -> int:
    shape = channels_last(shape)
    image = add.tensor(Tensor(INPUT, (1, *shape), "uint8", None, PIXELS))
    add.path = "normalise"
    # A CAST of uint8 is not among a microcontroller's operators; this is, and computes the same.
    numbers = add.apply("DEQUANTIZE", (image,), shape, name="pixels")
    return affine(add, numbers, shape, *preprocess.factors)


def _flattened_for_linears(graph: Graph) -> set[int]:
    """The flattens whose readers are all linear: those take their columns in the pixels' order."""
    readers: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for source in node.inputs:
            readers.setdefault(source, []).append(node)

    def linear_only(tensor: int) -> bool:
        found = readers.get(tensor, [])
        return bool(found) and all(
            isinstance(node.layer, Linear)
            or (isinstance(node.layer, Dropout) and linear_only(node.output))
            for node in found
        )

    return {n.index for n in graph.nodes if isinstance(n.layer, Flatten) and linear_only(n.output)}


def _linear(call: Call) -> int:
    weight = call.weights["weight"]
    if call.rows:
        weight = weight.reshape(-1, *call.rows).transpose(0, 2, 3, 1).reshape(weight.shape)
    laid, bias = call.add.constant("weight", weight), call.bias("bias", len(weight))
    return call.add.apply("FULLY_CONNECTED", (call.x, laid, bias), call.shape)


def _flatten(call: Call) -> int:
    shape, x = call.node.input_shapes[0], call.x
    if len(shape) == 1:
        return x
    if not call.keeps_order and shape[0] > 1 and shape[1] * shape[2] > 1:
        axes = call.add.constant("order", np.array([0, 3, 1, 2], np.int32))
        x = call.add.apply("TRANSPOSE", (x, axes), shape, name="ordered")
    return call.add.reshape(x, call.shape)


def _mean(call: Call) -> int:
    axes = call.add.constant("axes", np.array([1, 2], np.int32))
    return call.add.apply("MEAN", (call.x, axes), call.shape, {"keepDims": False})


def _batch_norm(layer: BatchNorm) -> Lowering:
    def batch_norm(call: Call) -> int:
        own = {name: value.astype(np.float64) for name, value in call.weights.items()}
        scale = own["weight"] / np.sqrt(own["var"] + layer.epsilon)
        return affine(call.add, call.x, call.shape, scale, own["bias"] - own["mean"] * scale)

    return batch_norm


def _scale(call: Call) -> int:
    factors = call.weights["weight"]
    return affine(call.add, call.x, call.shape, factors, np.zeros_like(factors))


def _silu(call: Call) -> int:
    gate = call.add.apply("LOGISTIC", (call.x,), call.shape, name="gate")
    return call.add.apply("MUL", (call.x, gate), call.shape)


def _multiply(call: Call) -> int:
    factors, entered = call.inputs
    if len(call.node.input_shapes[0]) < len(call.node.input_shapes[1]):
        factors = call.add.reshape(factors, (1, 1, call.shape[-1]), "factors")
    return call.add.apply("MUL", (entered, factors), call.shape)


def _concatenate(call: Call) -> int:
    return call.add.apply("CONCATENATION", call.inputs, call.shape, {"axis": len(call.shape)})


def _always(lowering: Lowering) -> Callable[[Any], Lowering]:
    """For layers without options."""
    return lambda _layer: lowering


def _same(kind: str, **options: Option) -> Callable[[Any], Lowering]:
    """For layers that one operator of the format is."""
    return _always(lambda call: call.unary(kind, options))


LOWERINGS: dict[type, Callable[[Any], Lowering]] = {
    Conv: lower_conv,
    Linear: _always(_linear),
    MaxPool: lower_max_pool,
    AvgPool: lower_avg_pool,
    Mean: _always(_mean),
    Max: _always(lower_max),
    BatchNorm: _batch_norm,
    LayerNorm: lower_layer_norm,
    Scale: _always(_scale),
    Attention: lower_attention,
    Dropout: _always(lambda call: call.x),
    Flatten: _always(_flatten),
    ReLU: _same("RELU"),
    GELU: _same("GELU", approximate=False),
    SiLU: _always(_silu),
    Sigmoid: _same("LOGISTIC"),
    Tanh: _same("TANH"),
    Softmax: _same("SOFTMAX", beta=1.0),
    LogSoftmax: _same("LOG_SOFTMAX"),
    Add: _always(lambda call: call.add.apply("ADD", call.inputs, call.shape)),
    Multiply: _always(_multiply),
    Concatenate: _always(_concatenate),
}
