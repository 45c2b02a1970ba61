"""What the primitives of JAX compute: one row a primitive.

A row says what the cost table calls it, and from a call its operations and hyper-parameters. The
arguments of a call are the primitive's own parameters and `operands`, `result` (shapes with the
batch), `axis`, `result_axis` (where the batch is); `varying` names the operands "0", "1", ...
"""

from math import inf, prod

from imagette.engines.meanings import (
    Meaning,
    Row,
    Rule,
    Seen,
    elementwise,
    foreseen,
    movement,
    unknown,
)
from imagette.engines.with_jax.program import Known, Step
from imagette.network import operations as op
from imagette.network.graph import Shape
from imagette.network.window import Window


def row_of(step: Step) -> Row:
    """The row of a step, by its primitive and the numbers that stand in the program."""
    if step.name == "max":
        numbers = [float(v.value) for v in step.inputs if isinstance(v, Known) and v.is_number]
        if 0.0 in numbers:
            return _RELU
        if -inf in numbers:  # of softmax: nothing is smaller
            return _NOTHING_TO_CHOOSE
    return MEANINGS.get(step.name) or unknown(step.name)


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


def _shown(operation: op.Operation, seen: Seen) -> tuple[op.Operation, ...]:
    """The operation, and its output in the order of axes that the graph shows."""
    if operation.output_shape == seen.output:
        return (operation,)
    foreseen(prod(operation.output_shape) == prod(seen.output))
    return (operation, op.Reshape(operation.output_shape, seen.output))


def convolution(seen: Seen) -> Meaning:
    given = seen.arguments
    form, (image, kernel) = given["dimension_numbers"], given["operands"]
    foreseen(seen.varying == {"0"} and len(image) == 4 and given["batch_group_count"] == 1)
    foreseen(form.lhs_spec[0] == given["axis"] and form.out_spec[0] == given["result_axis"])
    foreseen(set(given["lhs_dilation"]) == {1})
    rows, columns = given["padding"]
    foreseen(min(*rows, *columns) >= 0)
    channels, _, kh, kw = (kernel[axis] for axis in form.rhs_spec)
    window = Window((kh, kw), given["window_strides"], (*rows, *columns), given["rhs_dilation"])
    groups = given["feature_group_count"]
    picture = tuple(image[axis] for axis in form.lhs_spec[1:])
    known = {
        "channels": channels,
        "kernel": window.kernel,
        "stride": tuple(window.stride),
        "groups": groups,
    }
    return Meaning(_shown(op.Convolve(picture, channels, window, groups), seen), known)


def product(seen: Seen) -> Meaning:
    """The image's vectors times a matrix of weights; of several vectors, each is multiplied."""
    given = seen.arguments
    contracted, (shared, _) = given["dimension_numbers"]
    foreseen(len(seen.varying) == 1 and not shared)
    which = int(next(iter(seen.varying)))
    image, matrix = given["operands"][which], given["operands"][1 - which]
    foreseen(given["axis"] not in contracted[which])
    taps = prod(image[axis] for axis in contracted[which])
    features, vectors = prod(matrix) // taps, prod(_without(image, given["axis"])) // taps
    operation: op.Operation = op.MatMul((taps,), features)
    if vectors > 1:  # a 1x1 convolution, whatever the axes are called
        operation = op.Convolve((taps, vectors, 1), features, Window((1, 1)))
    return Meaning(_shown(operation, seen), {"features": features})


def pool(fold: op.Fold) -> Rule:
    def rule(seen: Seen) -> Meaning:
        given, shape = seen.arguments, seen.arguments["operands"][0]
        names = ("window_dimensions", "window_strides", "padding", "window_dilation")
        each = list(zip(*(given[name] for name in names), strict=True))
        still = (1, 1, (0, 0), 1)
        sides = [axis for axis, along in enumerate(each) if along != still]
        foreseen(set(given["base_dilation"]) == {1} and len(sides) <= 2)
        foreseen(given["axis"] not in sides)
        while len(sides) < 2:
            each, shape = [*each, still], (*shape, 1)
            sides.append(len(shape) - 1)
        kernel, stride, margins, dilation = zip(*(each[side] for side in sides), strict=True)
        window = Window(kernel, stride, (*margins[0], *margins[1]), dilation)
        picture = tuple(shape[side] for side in sides)
        channels = prod(shape) // (shape[given["axis"]] * prod(picture))
        folded = op.ReduceWindow((channels, *picture), window, fold)
        return Meaning(_shown(folded, seen), {"kernel": kernel, "stride": stride})

    return rule


def reduction(fold: op.Fold) -> Rule:
    def rule(seen: Seen) -> Meaning:
        given, batch = seen.arguments, seen.arguments["axis"]
        foreseen(batch not in given["axes"])
        axes = tuple(sorted(int(axis) - (axis > batch) for axis in given["axes"]))
        return Meaning(_shown(op.Reduce(_without(given["operands"][0], batch), axes, fold), seen))

    return rule


def division(seen: Seen) -> Meaning:
    """By what does not depend on the image: a multiplication, its inverse being made once."""
    step = "divide" if "1" in seen.varying else "multiply"
    return elementwise("", step).rule(seen)


def power(seen: Seen) -> Meaning:
    times = seen.arguments["y"] - 1
    foreseen(1 <= times <= 2)
    return elementwise("", *["multiply"] * times).rule(seen)


def only(*varying: str, then: Row) -> Rule:
    """As `then`, where these operands alone depend on the image."""

    def rule(seen: Seen) -> Meaning:
        foreseen(set(seen.varying) <= set(varying))
        return then.rule(seen)

    return rule


def concatenation(seen: Seen) -> Meaning:
    foreseen(len(seen.inputs) == len(seen.arguments["operands"]))
    return Meaning((op.Concatenate(seen.inputs),))


_RELU = elementwise("relu", "maximum")
_NOTHING_TO_CHOOSE = movement("maximum")
_MOVED = movement("")

MEANINGS: dict[str, Row] = {
    "conv_general_dilated": Row("conv", convolution),
    "dot_general": Row("linear", product),
    "add": elementwise("add", "add"),
    "add_any": elementwise("add", "add"),
    "sub": elementwise("subtract", "add"),
    "mul": elementwise("multiply", "multiply"),
    "div": Row("divide", division),
    "neg": elementwise("negate"),
    "square": elementwise("square", "multiply"),
    "integer_pow": Row("power", power),
    "max": elementwise("maximum", "maximum"),
    "min": elementwise("minimum", "maximum"),
    "clamp": Row("clip", only("1", then=elementwise("", "maximum", "maximum"))),
    "exp": elementwise("exp", "exp"),
    "log": elementwise("log", "log"),
    "tanh": elementwise("tanh", "tanh"),
    "erf": elementwise("erf", "erf"),
    "erfc": elementwise("erfc", "erf", "add"),
    "rsqrt": elementwise("rsqrt", "rsqrt"),
    "logistic": elementwise("sigmoid", "exp", "add", "divide"),
    "reduce_sum": Row("sum", reduction("add")),
    "reduce_max": Row("largest", reduction("maximum")),
    "reduce_min": Row("smallest", reduction("maximum")),
    "reduce_window_max": Row("maxpool", pool("maximum")),
    "reduce_window_sum": Row("sumpool", pool("add")),
    "concatenate": Row("concatenate", concatenation),
    "select_n": Row("select", only("1", "2", then=_MOVED)),
    "gather": Row("gather", only("0", then=_MOVED), moves=True),
    "dynamic_slice": Row("slice", only("0", then=_MOVED), moves=True),
    "pad": Row("pad", only("0", then=_MOVED), moves=True),
    **{
        name: movement(name)
        for name in (
            *("reshape", "transpose", "squeeze", "expand_dims", "copy", "slice", "rev", "split"),
            *("stop_gradient", "optimization_barrier", "device_put", "reduce_precision"),
        )
    },
    "broadcast_in_dim": movement("broadcast"),
    "convert_element_type": movement("convert"),
    "copy_p": movement("copy"),
}
