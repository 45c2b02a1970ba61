"""What the functions under torch compute: one row a function of ATen.

A row says what the cost table calls it, and from its arguments its operations and hyper-parameters.
"""

from collections.abc import Sequence

from imagette.engines.meanings import Meaning, Row, Rule, Seen, elementwise, foreseen, movement
from imagette.network import operations as op
from imagette.network.window import Window


def convolution(seen: Seen) -> Meaning:
    given = seen.arguments
    weight = given["weight"]
    foreseen(seen.varying == {"input"} and not given["transposed"] and weight.ndim == 4)
    kernel, stride, dilation = map(_pair, (weight.shape[2:], given["stride"], given["dilation"]))
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
    return Meaning(operations, known)


def product(matrix: str, *after: str) -> Rule:
    """The image's argument `matrix` times weights; addmm adds a bias after it."""

    def rule(seen: Seen) -> Meaning:
        foreseen(seen.varying == {matrix})
        foreseen(seen.arguments.get("alpha", 1) == seen.arguments.get("beta", 1) == 1)
        features = seen.output[-1]
        operations: tuple[op.Operation, ...] = (op.MatMul(seen.inputs[0], features),)
        if after:
            operations += (op.Elementwise(seen.output, after),)
        return Meaning(operations, {"features": features})

    return rule


def pool(fold: op.Fold, *after: str) -> Rule:
    def rule(seen: Seen) -> Meaning:
        given = seen.arguments
        kernel = _pair(given["kernel_size"])
        stride = _pair(given.get("stride") or kernel)
        rows, columns = _pair(given.get("padding") or 0)
        dilation = _pair(given.get("dilation") or 1)
        window = Window(kernel, stride, (rows, rows, columns, columns), dilation)
        return _pooled(seen, window, fold, after)

    return rule


def adaptive_pool(seen: Seen) -> Meaning:
    """Windows side by side, where the picture divides into them."""
    _, height, width = seen.inputs[0]
    rows, columns = _pair(seen.arguments["output_size"])
    foreseen(height % rows == 0 and width % columns == 0)
    kernel = (height // rows, width // columns)
    return _pooled(seen, Window(kernel, kernel), "add", ("multiply",))


def _pooled(seen: Seen, window: Window, fold: op.Fold, after: tuple[str, ...]) -> Meaning:
    folded = op.ReduceWindow(seen.inputs[0], window, fold)
    scaled = (op.Elementwise(folded.output_shape, after),) if after else ()
    return Meaning((folded, *scaled), {"kernel": window.kernel, "stride": window.stride})


def mean(seen: Seen) -> Meaning:
    """A sum over the axes, then one multiplication."""
    axes = _axes(seen)
    total = op.Reduce(seen.inputs[0], axes, "add")
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(seen.inputs[0]))
    shape = kept if seen.arguments.get("keepdim") else total.output_shape
    scaled = op.Elementwise(total.output_shape, ("multiply",))
    return Meaning((total, scaled, op.Reshape(total.output_shape, shape)))


def batch_norm(seen: Seen) -> Meaning:
    """By running statistics; those of the images themselves would have to be computed."""
    foreseen(seen.varying == {"input"} and not seen.arguments.get("training"))
    known = {"epsilon": seen.arguments["eps"]}
    return Meaning((op.Elementwise(seen.output, ("multiply", "add")),), known)


def layer_norm(seen: Seen) -> Meaning:
    shape = seen.output
    normalised = len(seen.arguments["normalized_shape"])
    foreseen(seen.varying == {"input"} and normalised <= len(shape))
    axes = tuple(range(len(shape) - normalised, len(shape)))
    total = op.Reduce(shape, axes, "add")
    groups = total.output_shape
    weight, bias = (seen.arguments.get(name) is not None for name in ("weight", "bias"))
    learnt = ("multiply",) * weight + ("add",) * bias
    operations = (
        total,
        op.Elementwise(groups, ("multiply",)),
        op.Elementwise(shape, ("add", "multiply")),
        total,
        op.Elementwise(groups, ("multiply", "add", "rsqrt")),
        op.Elementwise(shape, ("multiply", *learnt)),
    )
    return Meaning(operations, {"epsilon": seen.arguments["eps"]})


def softmax(last: str, *of_the_sum: str) -> Rule:
    def rule(seen: Seen) -> Meaning:
        shape, axes = seen.output, _axes(seen)
        total = op.Reduce(shape, axes, "add")
        operations = (
            op.Reduce(shape, axes, "maximum"),
            op.Elementwise(shape, ("add", "exp")),
            total,
            op.Elementwise(total.output_shape, of_the_sum),
            op.Elementwise(shape, (last,)),
        )
        return Meaning(operations)

    return rule


def concatenation(seen: Seen) -> Meaning:
    foreseen(seen.arguments.get("dim", 0) % (1 + len(seen.output)) == 1)
    foreseen(len(seen.inputs) == len(seen.arguments["tensors"]))
    return Meaning((op.Concatenate(seen.inputs),))


def _axes(seen: Seen) -> tuple[int, ...]:
    """The axes of the argument `dim` without the batch; raises Unforeseen if it is in them."""
    dim = seen.arguments.get("dim")
    ndim = 1 + len(seen.inputs[0])
    axes = {axis % ndim for axis in ([dim] if isinstance(dim, int) else dim or ())}
    foreseen(bool(axes) and 0 not in axes)
    return tuple(sorted(axis - 1 for axis in axes))


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    sizes = [value] if isinstance(value, int) else list(value)
    return (sizes[0], sizes[-1])


MEANINGS: dict[str, Row] = {
    "convolution": Row("conv", convolution),
    "addmm": Row("linear", product("mat1", "add")),
    "mm": Row("linear", product("self")),
    "relu": elementwise("relu", "maximum"),
    "gelu": elementwise(
        "gelu", "multiply", "erf", "add", "multiply", "multiply", approximate="none"
    ),
    "sigmoid": elementwise("sigmoid", "exp", "add", "divide"),
    "silu": elementwise("silu", "exp", "add", "divide", "multiply"),
    "tanh": elementwise("tanh", "tanh"),
    "add": elementwise("add", "add", alpha=1),
    "sub": elementwise("subtract", "add", alpha=1),
    "rsub": elementwise("subtract", "add", alpha=1),
    "mul": elementwise("multiply", "multiply"),
    "div": elementwise("divide", "divide", rounding_mode=None),
    "exp": elementwise("exp", "exp"),
    "log": elementwise("log", "log"),
    "neg": elementwise("negate"),
    "leaky_relu": elementwise("leaky_relu", "multiply", "maximum"),
    "hardtanh": elementwise("clip", "maximum", "maximum"),
    "max_pool2d_with_indices": Row("maxpool", pool("maximum")),
    "avg_pool2d": Row("avgpool", pool("add", "multiply")),
    "_adaptive_avg_pool2d": Row("avgpool", adaptive_pool),
    "mean": Row("mean", mean),
    "native_batch_norm": Row("batchnorm", batch_norm),
    "_native_batch_norm_legit_no_training": Row("batchnorm", batch_norm),
    "native_layer_norm": Row("layernorm", layer_norm),
    "_softmax": Row("softmax", softmax("divide")),
    "_log_softmax": Row("log_softmax", softmax("add", "log")),
    "cat": Row("concatenate", concatenation),
    **{
        name: movement("flatten" if name in ("view", "_unsafe_view") else name.strip("_"))
        for name in (
            *("view", "_unsafe_view", "reshape", "permute", "transpose", "t", "unsqueeze"),
            *("squeeze", "expand", "clone", "contiguous", "_reshape_alias", "_to_copy", "alias"),
            *("detach", "lift_fresh", "dropout", "slice", "select", "split"),
            *("split_with_sizes", "unbind"),
        )
    },
}
"""By the function's name without overload and without the trailing underscore of in-place forms."""
