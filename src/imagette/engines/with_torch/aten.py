"""What the functions under torch compute, in the operations that the network language is made of.

One row a function of ATen: from its arguments to what the cost table calls it, its operations and
its hyper-parameters. Shapes come without the batch. A function without a row is recorded as
uncounted, never as free.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from imagette.network import operations as op
from imagette.network.graph import HyperParameter, Shape
from imagette.network.window import Window


@dataclass(frozen=True)
class Seen:
    """One call: its arguments as they came, the shapes of what depends on the image, the result."""

    arguments: Mapping[str, Any]
    inputs: tuple[Shape, ...]
    output: Shape


@dataclass(frozen=True)
class Meaning:
    """What a call computes on one image."""

    function: str
    operations: tuple[op.Operation, ...]
    hyper_parameters: Mapping[str, HyperParameter] = field(default_factory=dict)


Row = Callable[[Seen], Meaning]


def elementwise(function: str, *steps: str) -> Row:
    """The result's every element takes these steps; a broadcast operand costs no more."""
    return lambda seen: Meaning(function, (op.Elementwise(seen.output, steps),))


def movement(function: str) -> Row:
    """Elements in another shape or order: nothing is computed."""
    return lambda seen: Meaning(function, (op.Reshape(seen.inputs[0], seen.output),))


def convolution(seen: Seen) -> Meaning:
    given = seen.arguments
    weight = given["weight"]
    kernel, stride, dilation = (
        _pair(weight.shape[2:]),
        _pair(given["stride"]),
        _pair(given["dilation"]),
    )
    rows, columns = _pair(given["padding"])
    window = Window(kernel, stride, (rows, rows, columns, columns), dilation)
    operations: tuple[op.Operation, ...] = (
        op.Convolve(seen.inputs[0], weight.shape[0], window, given["groups"]),
    )
    if given.get("bias") is not None:
        operations += (op.Elementwise(seen.output, ("add",)),)
    known = {
        "channels": weight.shape[0],
        "kernel": kernel,
        "stride": stride,
        "groups": given["groups"],
    }
    return Meaning("conv", operations, known)


def product(seen: Seen) -> Meaning:
    features = seen.output[-1]
    operations: tuple[op.Operation, ...] = (op.MatMul(seen.inputs[0], features),)
    if "mat1" in seen.arguments:  # addmm: bias + mat1 @ mat2
        operations += (op.Elementwise(seen.output, ("add",)),)
    return Meaning("linear", operations, {"features": features})


def pool(function: str, fold: op.Fold, *after: str) -> Row:
    def row(seen: Seen) -> Meaning:
        given = seen.arguments
        kernel = _pair(given["kernel_size"])
        stride = _pair(given.get("stride") or kernel)
        rows, columns = _pair(given.get("padding") or 0)
        window = Window(kernel, stride, (rows, rows, columns, columns))
        folded = op.ReduceWindow(seen.inputs[0], window, fold)
        operations: tuple[op.Operation, ...] = (folded,)
        if after:
            operations += (op.Elementwise(seen.output, after),)
        return Meaning(function, operations, {"kernel": kernel, "stride": stride})

    return row


def mean(seen: Seen) -> Meaning:
    """A sum over what vanished, then one multiplication: also what pools the whole picture."""
    shape = seen.inputs[0]
    kept = prod(seen.output)
    axes = tuple(range(len(shape))) if kept == 1 else tuple(range(1, len(shape)))
    total = op.Reduce(shape, axes, "add")
    scaled = op.Elementwise(total.output_shape, ("multiply",))
    return Meaning("mean", (total, scaled, op.Reshape(total.output_shape, seen.output)))


def batch_norm(seen: Seen) -> Meaning:
    known = {"epsilon": seen.arguments["eps"]}
    return Meaning("batchnorm", (op.Elementwise(seen.output, ("multiply", "add")),), known)


def layer_norm(seen: Seen) -> Meaning:
    shape = seen.output
    normalised = len(seen.arguments["normalized_shape"])
    axes = tuple(range(len(shape) - normalised, len(shape)))
    total = op.Reduce(shape, axes, "add")
    groups = total.output_shape
    operations = (
        total,
        op.Elementwise(groups, ("multiply",)),
        op.Elementwise(shape, ("add", "multiply")),
        total,
        op.Elementwise(groups, ("multiply", "add", "rsqrt")),
        op.Elementwise(shape, ("multiply", "multiply", "add")),
    )
    return Meaning("layernorm", operations, {"epsilon": seen.arguments["eps"]})


def softmax(function: str, *last: str) -> Row:
    def row(seen: Seen) -> Meaning:
        shape = seen.output
        axis = (seen.arguments["dim"] - 1 if seen.arguments["dim"] > 0 else len(shape) - 1,)
        total = op.Reduce(shape, axis, "add")
        logs = (op.Elementwise(total.output_shape, ("log",)),) if function == "log_softmax" else ()
        operations = (
            op.Reduce(shape, axis, "maximum"),
            op.Elementwise(shape, ("add", "exp")),
            total,
            *logs,
            op.Elementwise(shape, last),
        )
        return Meaning(function, operations)

    return row


def concatenation(seen: Seen) -> Meaning:
    return Meaning("concatenate", (op.Concatenate(seen.inputs),))


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    sizes = [value] if isinstance(value, int) else list(value)
    return (sizes[0], sizes[-1])


MEANINGS: dict[str, Row] = {
    "convolution": convolution,
    "addmm": product,
    "mm": product,
    "relu": elementwise("relu", "maximum"),
    "gelu": elementwise("gelu", "multiply", "erf", "add", "multiply", "multiply"),
    "sigmoid": elementwise("sigmoid", "exp", "add", "divide"),
    "silu": elementwise("silu", "exp", "add", "divide", "multiply"),
    "tanh": elementwise("tanh", "tanh"),
    "add": elementwise("add", "add"),
    "sub": elementwise("subtract", "add"),
    "rsub": elementwise("subtract", "add"),
    "mul": elementwise("multiply", "multiply"),
    "div": elementwise("divide", "divide"),
    "exp": elementwise("exp", "exp"),
    "log": elementwise("log", "log"),
    "neg": elementwise("negate"),
    "leaky_relu": elementwise("leaky_relu", "multiply", "maximum"),
    "hardtanh": elementwise("clip", "maximum", "maximum"),
    "max_pool2d_with_indices": pool("maxpool", "maximum"),
    "avg_pool2d": pool("avgpool", "add", "multiply"),
    "_adaptive_avg_pool2d": mean,
    "mean": mean,
    "native_batch_norm": batch_norm,
    "_native_batch_norm_legit_no_training": batch_norm,
    "native_layer_norm": layer_norm,
    "_softmax": softmax("softmax", "divide"),
    "_log_softmax": softmax("log_softmax", "add"),
    "cat": concatenation,
    **{
        name: movement("flatten" if name in ("view", "_unsafe_view") else name.strip("_"))
        for name in (
            *("view", "_unsafe_view", "reshape", "permute", "transpose", "t", "unsqueeze"),
            *("squeeze", "expand", "clone", "contiguous", "_reshape_alias", "_to_copy", "alias"),
            *("detach", "lift_fresh", "dropout", "slice", "select"),
        )
    },
}
"""By the function's name without overload and without the trailing underscore of in-place forms."""
