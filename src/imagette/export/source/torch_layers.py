"""Each layer as PyTorch's users write it: the module that it is, and its part of `forward`.

A layer without weights is a function in `forward`; within `nn.Sequential`, where all must be
modules, it is one too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imagette.export.source.expression import HOLE, Expression, Hole, number_text
from imagette.export.source.structure import Leaf
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
from imagette.network.layer import number

Pair = tuple[int, int]
Margins = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TorchLayer:
    """How one kind of layer is written.

    `module` makes it (None: `forward` needs none); `function` is its call on `x`, with `self` for
    its module; `modules` are those that stand for it in an `nn.Sequential`, by what their names
    end with. `wraps` says that it may stand around the call before it, on one line.
    """

    function: str
    module: Expression | None = None
    modules: Mapping[str, Expression] | None = None
    wraps: bool = False
    padded: str = ""  # what `x` becomes before it
    frozen: bool = False

    @property
    def in_sequence(self) -> Mapping[str, Expression]:
        if self.modules is not None:
            return self.modules
        assert self.module is not None, "a layer is a module, or says which ones stand for it"
        return {"": self.module}


def torch_layer(leaf: Leaf) -> TorchLayer:
    return LAYERS[type(leaf.layer)](leaf)


def pair_text(pair: Pair) -> str:
    return number_text(pair[0]) if pair[0] == pair[1] else f"({pair[0]}, {pair[1]})"


def _padding(margins: Margins, kernel: Pair | None = None) -> tuple[str, Margins | None]:
    """The argument of torch's own padding, or the margins that must be laid around before.

    Torch pads both sides alike, and its poolings, whose `kernel` is given, by half of it at most.
    """
    top, bottom, left, right = margins
    fits = kernel is None or (top <= kernel[0] // 2 and left <= kernel[1] // 2)
    if top == bottom and left == right and fits:
        return (f", padding={pair_text((top, left))}" if top or left else ""), None
    return "", margins


def _sides(margins: Margins) -> str:
    """In the order in which torch pads: the last axis first."""
    top, bottom, left, right = margins
    return f"({left}, {right}, {top}, {bottom})"


def _conv(leaf: Leaf) -> TorchLayer:
    layer: Conv = leaf.layer  # type: ignore[assignment]
    groups = number(layer.groups)
    holes = [Hole("inputs", leaf.input_shape[0]), Hole("channels", leaf.output_shape[0])]
    text = f"nn.Conv2d({HOLE}, {HOLE}, {pair_text(layer.kernel)}"
    text += "" if layer.stride == (1, 1) else f", stride={pair_text(layer.stride)}"
    padding, around = _padding(layer.margins)
    text += padding
    text += "" if layer.dilation == (1, 1) else f", dilation={pair_text(layer.dilation)}"
    if groups > 1:
        text += f", groups={HOLE}"
        holes.append(Hole("groups", groups))
    text += ")" if layer.bias else ", bias=False)"
    module = Expression(text, tuple(holes))
    if around is None:
        return TorchLayer("self(x)", module, frozen=layer.frozen)
    pad = Expression(f"nn.ZeroPad2d({_sides(around)})")
    modules = {"_pad": pad, "": module}
    padded = f"F.pad(x, {_sides(around)})"
    return TorchLayer("self(x)", module, modules, padded=padded, frozen=layer.frozen)


def _linear(leaf: Leaf) -> TorchLayer:
    layer: Linear = leaf.layer  # type: ignore[assignment]
    bias = "" if layer.bias else ", bias=False"
    holes = (Hole("inputs", leaf.input_shape[0]), Hole("features", leaf.output_shape[0]))
    return TorchLayer("self(x)", Expression(f"nn.Linear({HOLE}, {HOLE}{bias})", holes))


def _pool(kind: str, fill: str) -> Callable[[Leaf], TorchLayer]:
    def pool(leaf: Leaf) -> TorchLayer:
        layer: MaxPool | AvgPool = leaf.layer  # type: ignore[assignment]
        padding, around = _padding(layer.margins, layer.kernel)
        stride = "" if layer.stride == layer.kernel else f", stride={pair_text(layer.stride)}"
        rest = f"{pair_text(layer.kernel)}{stride}{padding})"
        function, module = f"F.{kind}_pool2d(x, {rest}", f"nn.{kind.capitalize()}Pool2d({rest}"
        if around is None:
            return TorchLayer(function, modules={"": Expression(module)})
        value = "" if fill == "0.0" else f', value=float("{fill}")'
        sides = _sides(around)
        pad = f"nn.ConstantPad2d({sides}, " + (f'float("{fill}"))' if value else "0.0)")
        return TorchLayer(
            function,
            modules={"_pad": Expression(pad), "": Expression(module)},
            padded=f"F.pad(x, {sides}{value})",
        )

    return pool


def _global(kind: str, function: str) -> Callable[[Leaf], TorchLayer]:
    modules = {
        "": Expression(f"nn.Adaptive{kind}Pool2d(1)"),
        "_flatten": Expression("nn.Flatten()"),
    }
    return lambda _leaf: TorchLayer(function, modules=modules)


def _batch_norm(leaf: Leaf) -> TorchLayer:
    layer: BatchNorm = leaf.layer  # type: ignore[assignment]
    kind = "2d" if len(leaf.input_shape) == 3 else "1d"
    options = "" if layer.epsilon == 1e-5 else f", eps={layer.epsilon!r}"
    options += "" if layer.momentum == 0.1 else f", momentum={layer.momentum!r}"
    holes = (Hole("channels", leaf.input_shape[0]),)
    text = f"nn.BatchNorm{kind}({HOLE}{options})"
    return TorchLayer("self(x)", Expression(text, holes), wraps=True)


def _layer_norm(leaf: Leaf) -> TorchLayer:
    layer: LayerNorm = leaf.layer  # type: ignore[assignment]
    kind = "LayerNorm2d" if len(leaf.input_shape) == 3 else "nn.LayerNorm"
    epsilon = "" if layer.epsilon == 1e-5 else f", eps={layer.epsilon!r}"
    holes = (Hole("channels", leaf.input_shape[0]),)
    return TorchLayer("self(x)", Expression(f"{kind}({HOLE}{epsilon})", holes), wraps=True)


def _scale(leaf: Leaf) -> TorchLayer:
    layer: Scale = leaf.layer  # type: ignore[assignment]
    initial = "" if layer.initial == 1 else f", initial={float(layer.initial)!r}"
    text = Expression(f"Scale({HOLE}{initial})", (Hole("channels", leaf.input_shape[0]),))
    return TorchLayer("self(x)", text, wraps=True, frozen=layer.frozen)


def _attention(leaf: Leaf) -> TorchLayer:
    layer: Attention = leaf.layer  # type: ignore[assignment]
    holes = (Hole("channels", leaf.input_shape[0]), Hole("heads", layer.heads))
    bias = "" if layer.bias else ", bias=False"
    return TorchLayer("self(x)", Expression(f"Attention({HOLE}, heads={HOLE}{bias})", holes))


def _dropout(leaf: Leaf) -> TorchLayer:
    layer: Dropout = leaf.layer  # type: ignore[assignment]
    text = Expression(f"nn.Dropout({HOLE})", (Hole("rate", layer.rate),))
    return TorchLayer("self(x)", text, wraps=True)


def _elementwise(function: str, module: str) -> Callable[[Leaf], TorchLayer]:
    modules = {"": Expression(module)}
    return lambda _leaf: TorchLayer(function, modules=modules, wraps=True)


def _flatten(_leaf: Leaf) -> TorchLayer:
    return TorchLayer("x.flatten(1)", modules={"": Expression("nn.Flatten()")})


LAYERS: dict[type, Callable[[Leaf], TorchLayer]] = {
    Conv: _conv,
    Linear: _linear,
    MaxPool: _pool("max", "-inf"),
    AvgPool: _pool("avg", "0.0"),
    Mean: _global("Avg", "x.mean((2, 3))"),
    Max: _global("Max", "x.amax((2, 3))"),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Scale: _scale,
    Attention: _attention,
    Dropout: _dropout,
    ReLU: _elementwise("F.relu(x)", "nn.ReLU()"),
    GELU: _elementwise("F.gelu(x)", "nn.GELU()"),
    SiLU: _elementwise("F.silu(x)", "nn.SiLU()"),
    Sigmoid: _elementwise("torch.sigmoid(x)", "nn.Sigmoid()"),
    Tanh: _elementwise("torch.tanh(x)", "nn.Tanh()"),
    Softmax: _elementwise("F.softmax(x, 1)", "nn.Softmax(1)"),
    LogSoftmax: _elementwise("F.log_softmax(x, 1)", "nn.LogSoftmax(1)"),
    Flatten: _flatten,
}
