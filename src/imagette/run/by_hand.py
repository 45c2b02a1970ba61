"""One number of a layer's output worked out step by step, as on paper: taps, products, sum, bias.

Nothing of an engine is used: from the layer's inputs and weights alone, in float64, so that it can
be held against what the engine computed. To have another layer worked out, write its function and
name it in `RULES`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import erf, exp, isfinite, log, sqrt, tanh
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.engines.meanings import Foreign
from imagette.errors import UsageError
from imagette.network import layers as kinds
from imagette.network.graph import Node
from imagette.network.layer import number
from imagette.network.tensors import shape_text
from imagette.network.window import Window

Array = NDArray[np.float32]
Place = tuple[int, ...]
"""(channel, row, column) of [C,H,W], or (feature,) of [F]."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A number that is read: where, what it is, and the weight it is multiplied by, if any."""

    read: str  # "X1[0,12,5]", or "padding"
    value: float
    weight: float | None = None
    weight_at: str = ""

    @property
    def product(self) -> float:
        return self.value if self.weight is None else self.value * self.weight


@dataclass(frozen=True, slots=True)
class Step:
    """What is computed from what is before it, in words, and what that gives."""

    words: str
    value: float


@dataclass(frozen=True, slots=True)
class Worked:
    """One number of a node's output: the rule, all that is read, and the steps to the value."""

    path: str
    at: Place
    rule: str
    taps: tuple[Tap, ...]
    steps: tuple[Step, ...]

    @property
    def value(self) -> float:
        return self.steps[-1].value

    def as_json(self) -> dict[str, Any]:
        """Padding that never wins, of a maximum, has the value None: JSON has no infinity."""
        taps = [
            {"read": tap.read, "value": tap.value if isfinite(tap.value) else None}
            | ({} if tap.weight is None else {"weight": tap.weight, "weight_at": tap.weight_at})
            for tap in self.taps
        ]
        steps = [{"words": step.words, "value": step.value} for step in self.steps]
        return {"layer": self.path, "at": list(self.at), "rule": self.rule} | {
            "taps": taps,
            "steps": steps,
            "value": self.value,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What a node reads: its tensors by number, its weights by their last name, where we look."""

    node: Node
    tensors: Sequence[Array]
    weights: Mapping[str, Array]
    at: Place

    def tap(self, place: Place, weight: str = "", weight_place: Place = (), which: int = 0) -> Tap:
        read = f"X{self.node.inputs[which]}{_brackets(place)}"
        value = float(self.tensors[which][place])
        if not weight:
            return Tap(read, value)
        name = f"{self.node.path}.{weight}{_brackets(weight_place)}"
        return Tap(read, value, float(self.weights[weight][weight_place]), name)

    def weight(self, name: str, place: Place) -> float:
        return float(self.weights[name][place])


def worked_out(
    node: Node, tensors: Sequence[Array], weights: Mapping[str, Array], at: Place
) -> Worked:
    """The output of `node` at one place, from its inputs (without a batch) and all weights by name.

    Raises UsageError for a place outside the output, or a layer that has no rule here.
    """
    check_place(node, at)
    if isinstance(node.layer, Foreign):
        raise UsageError(
            f"{node.path} is code of another library: by hand only layers of the network language "
            "are worked out. Leave out --layer to see the values of all."
        )
    rule = RULES.get(type(node.layer))
    if rule is None:
        raise UsageError(
            f"{node.path} ({node.function}) is not worked out by hand: choose one of "
            f"{', '.join(sorted(kind.word for kind in RULES))}."
        )
    own = {w.name.rpartition(".")[2]: weights[w.name] for w in node.weights}
    words, taps, steps = rule(node.layer, Inputs(node, tensors, own, at))
    return Worked(node.path, at, words, tuple(taps), tuple(steps))


def check_place(node: Node, at: Place) -> None:
    """UsageError, with the ranges, for a place that the node's output does not have."""
    shape = node.output_shape
    if len(at) == len(shape) and all(0 <= i < n for i, n in zip(at, shape, strict=True)):
        return
    axes = ("channel", "row", "column") if len(shape) == 3 else ("feature",)
    ranges = ", ".join(f"{axis} 0 to {n - 1}" for axis, n in zip(axes, shape, strict=False))
    raise UsageError(
        f"--at must be a place in the output of {node.path}, {shape_text(shape)}: {ranges}. "
        f"Got {','.join(map(str, at))}."
    )


Found = tuple[str, Sequence[Tap], Sequence[Step]]


def _weighted(taps: Sequence[Tap], given: Inputs, place: Place) -> list[Step]:
    """The sum of products, and the bias if there is one."""
    total = sum(tap.product for tap in taps)
    steps = [Step(f"sum of {len(taps)} products", total)]
    if "bias" in given.weights:
        bias = given.weight("bias", place)
        name = f"{given.node.path}.bias{_brackets(place)}"
        steps.append(Step(f"+ {name} = {bias:.6g}", total + bias))
    return steps


def _conv(layer: kinds.Conv, given: Inputs) -> Found:
    out, row, column = given.at
    depth = given.tensors[0].shape[0] // number(layer.groups)
    first = out // (number(layer.channels) // number(layer.groups)) * depth
    taps = []
    for channel in range(depth):
        for ky, kx, place in _places(layer.window, row, column, given):
            kernel = (out, channel, ky, kx)
            if place is None:
                name = f"{given.node.path}.weight{_brackets(kernel)}"
                taps.append(Tap("padding", 0.0, given.weight("weight", kernel), name))
            else:
                taps.append(given.tap((first + channel, *place), "weight", kernel))
    return (
        "the sum of each tap times its weight, plus the bias",
        taps,
        _weighted(taps, given, (out,)),
    )


def _places(
    window: Window, row: int, column: int, given: Inputs
) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
    """Each tap of the kernel, and where it falls on the picture; None on padding."""
    _, height, width = given.tensors[0].shape
    (kh, kw), (top, _, left, _) = window.kernel, window.margins
    for ky, kx in product(range(kh), range(kw)):
        y = row * window.stride[0] - top + ky * window.dilation[0]
        x = column * window.stride[1] - left + kx * window.dilation[1]
        inside = 0 <= y < height and 0 <= x < width
        yield ky, kx, ((y, x) if inside else None)


def _linear(_layer: kinds.Linear, given: Inputs) -> Found:
    (out,) = given.at
    features = range(len(given.tensors[0]))
    taps = [given.tap((i,), "weight", (out, i)) for i in features]
    words = "the sum of each feature times its weight, plus the bias"
    return words, taps, _weighted(taps, given, (out,))


def _max_pool(layer: kinds.MaxPool, given: Inputs) -> Found:
    taps = _pooled(layer, given, -np.inf)
    step = Step(f"largest of {len(taps)} taps", max(tap.value for tap in taps))
    return "the largest of the window; padding never wins", taps, [step]


def _avg_pool(layer: kinds.AvgPool, given: Inputs) -> Found:
    taps = _pooled(layer, given, 0.0)
    return "the sum of the window over its size; padding counts as 0", taps, _averaged(taps)


def _pooled(layer: kinds.Pool, given: Inputs, fill: float) -> list[Tap]:
    channel, row, column = given.at
    return [
        Tap("padding", fill) if place is None else given.tap((channel, *place))
        for _, _, place in _places(layer.window, row, column, given)
    ]


def _averaged(taps: Sequence[Tap]) -> list[Step]:
    total = sum(tap.value for tap in taps)
    return [
        Step(f"sum of {len(taps)} taps", total),
        Step(f"/ {len(taps)}", total / len(taps)),
    ]


def _of_channel(given: Inputs) -> list[Tap]:
    _, height, width = given.tensors[0].shape
    return [given.tap((given.at[0], y, x)) for y, x in product(range(height), range(width))]


def _mean(_layer: kinds.Mean, given: Inputs) -> Found:
    taps = _of_channel(given)
    return "the mean of the channel", taps, _averaged(taps)


def _max(_layer: kinds.Max, given: Inputs) -> Found:
    taps = _of_channel(given)
    step = Step(f"largest of {len(taps)} taps", max(tap.value for tap in taps))
    return "the largest of the channel", taps, [step]


def _normed(given: Inputs, x: float, mean: float, var: float, epsilon: float) -> list[Step]:
    """From x to (x - mean) / sqrt(var + epsilon) * weight + bias, a line each."""
    channel = given.at[:1]
    weight, bias = given.weight("weight", channel), given.weight("bias", channel)
    away, root = x - mean, sqrt(var + epsilon)
    own = f"{given.node.path}.{{}}{_brackets(channel)} = {{:.6g}}"
    return [
        Step(f"- mean {mean:.6g}", away),
        Step(f"/ sqrt(var {var:.6g} + {epsilon:g}) = {root:.6g}", away / root),
        Step(f"* {own.format('weight', weight)}", away / root * weight),
        Step(f"+ {own.format('bias', bias)}", away / root * weight + bias),
    ]


def _batch_norm(layer: kinds.BatchNorm, given: Inputs) -> Found:
    tap, channel = given.tap(given.at), given.at[:1]
    mean, var = given.weight("mean", channel), given.weight("var", channel)
    words = (
        "(x - mean) / sqrt(var + epsilon) * weight + bias, with the channel's running statistics"
    )
    return words, [tap], _normed(given, tap.value, mean, var, layer.epsilon)


def _layer_norm(layer: kinds.LayerNorm, given: Inputs) -> Found:
    taps = _over_channels(given)
    values = [tap.value for tap in taps]
    mean = sum(values) / len(values)
    var = sum((value - mean) ** 2 for value in values) / len(values)
    words = "(x - mean) / sqrt(var + epsilon) * weight + bias, over the channels of the pixel"
    return words, taps, _normed(given, values[given.at[0]], mean, var, layer.epsilon)


def _over_channels(given: Inputs) -> list[Tap]:
    return [given.tap((c, *given.at[1:])) for c in range(given.tensors[0].shape[0])]


def _scale(_layer: kinds.Scale, given: Inputs) -> Found:
    tap = given.tap(given.at, "weight", given.at[:1])
    return "x times the channel's weight", [tap], [Step("product", tap.product)]


def _elementwise(words: str, function: Callable[[float], float]) -> Callable[[Any, Inputs], Found]:
    def found(_layer: Any, given: Inputs) -> Found:
        tap = given.tap(given.at)
        return words, [tap], [Step(words, function(tap.value))]

    return found


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def _exponentials(given: Inputs) -> tuple[list[Tap], float, list[Step]]:
    """The channels of a pixel, x - max, and the steps to the sum of their exponentials."""
    taps = _over_channels(given)
    highest = max(tap.value for tap in taps)
    total = sum(exp(tap.value - highest) for tap in taps)
    away = taps[given.at[0]].value - highest
    steps = [
        Step(f"largest of {len(taps)}", highest),
        Step(f"sum of {len(taps)} exp(x - largest)", total),
        Step("x - largest", away),
    ]
    return taps, away, steps


def _softmax(_layer: kinds.Softmax, given: Inputs) -> Found:
    taps, away, steps = _exponentials(given)
    value = exp(away) / steps[1].value
    return "exp(x - largest) / sum", taps, [*steps, Step("exp of that / sum", value)]


def _log_softmax(_layer: kinds.LogSoftmax, given: Inputs) -> Found:
    taps, away, steps = _exponentials(given)
    value = away - log(steps[1].value)
    return "x - largest - log(sum)", taps, [*steps, Step("- log of the sum", value)]


def _add(_layer: kinds.Add, given: Inputs) -> Found:
    taps = [given.tap(given.at, which=which) for which in (0, 1)]
    return "the sum of both", taps, [Step("sum", taps[0].value + taps[1].value)]


def _multiply(_layer: kinds.Multiply, given: Inputs) -> Found:
    factor = given.at[: given.tensors[0].ndim]  # one a channel, or one an element
    taps = [given.tap(factor), given.tap(given.at, which=1)]
    return "the factor times what entered", taps, [Step("product", taps[0].value * taps[1].value)]


def _concatenate(_layer: kinds.Concatenate, given: Inputs) -> Found:
    channel, which = given.at[0], 0
    while channel >= len(given.tensors[which]):
        channel -= len(given.tensors[which])
        which += 1
    tap = given.tap((channel, *given.at[1:]), which=which)
    return "the inputs one behind the other: this one is read", [tap], [Step("copied", tap.value)]


def _flatten(_layer: kinds.Flatten, given: Inputs) -> Found:
    shape = given.tensors[0].shape
    tap = given.tap(tuple(int(i) for i in np.unravel_index(given.at[0], shape)))
    return "channel by channel, row by row: this one is read", [tap], [Step("copied", tap.value)]


def _brackets(place: Place) -> str:
    return f"[{','.join(map(str, place))}]"


RULES: dict[type[kinds.Layer], Callable[[Any, Inputs], Found]] = {
    kinds.Conv: _conv,
    kinds.Linear: _linear,
    kinds.MaxPool: _max_pool,
    kinds.AvgPool: _avg_pool,
    kinds.Mean: _mean,
    kinds.Max: _max,
    kinds.BatchNorm: _batch_norm,
    kinds.LayerNorm: _layer_norm,
    kinds.Scale: _scale,
    kinds.ReLU: _elementwise("max(x, 0)", lambda x: max(x, 0.0)),
    kinds.GELU: _elementwise(
        "x / 2 * (1 + erf(x / sqrt 2))", lambda x: x / 2 * (1 + erf(x / sqrt(2)))
    ),
    kinds.SiLU: _elementwise("x / (1 + exp(-x))", lambda x: x * _sigmoid(x)),
    kinds.Sigmoid: _elementwise("1 / (1 + exp(-x))", _sigmoid),
    kinds.Tanh: _elementwise("tanh(x)", tanh),
    kinds.Softmax: _softmax,
    kinds.LogSoftmax: _log_softmax,
    kinds.Dropout: _elementwise("x: in evaluation dropout does nothing", lambda x: x),
    kinds.Add: _add,
    kinds.Multiply: _multiply,
    kinds.Concatenate: _concatenate,
    kinds.Flatten: _flatten,
}
"""How each kind of layer is worked out."""
