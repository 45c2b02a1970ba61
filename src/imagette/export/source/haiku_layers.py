"""Each layer as a module of Haiku, on pictures [N,C,H,W]; those without weights as in JAX."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.errors import ExportError
from imagette.export.source.expression import HOLE, Expression, Hole
from imagette.export.source.jax_layers import NAME, JaxLayer, jax_layer
from imagette.export.source.structure import Leaf
from imagette.network import Attention, BatchNorm, Conv, Dropout, LayerNorm, Linear, Scale
from imagette.network.graph import Graph
from imagette.network.layer import number


def haiku_layer(leaf: Leaf) -> JaxLayer:
    """The call of a layer on `x`."""
    own = LAYERS.get(type(leaf.layer))
    return own(leaf) if own else jax_layer(leaf)


def module_name(path: str) -> str:
    """What the module of a layer is called: Haiku takes letters, digits and `_`."""
    return path.replace(".", "_").replace("-", "_")


def haiku_weights(graph: Graph, weights: Weights) -> Mapping[str, NDArray[np.float32]]:
    """The run's weights as Haiku lays them out, called `module/weight`."""
    found: dict[str, NDArray[np.float32]] = {}
    for node in graph.nodes:
        for weight in node.weights:
            name, value = _stored(node.function, node.path, weight.name), weights[weight.name]
            if name in found:
                raise ExportError(
                    f"Two weights would be called {name} in Haiku: give one layer another name=."
                )
            found[name] = np.ascontiguousarray(_laid_out(node.function, value))
    return found


def _laid_out(function: str, value: NDArray[np.float32]) -> NDArray[np.float32]:
    """Kernels [height, width, in, out], their biases [out,1,1], matrices [in,out]."""
    if function == "conv":
        return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value[:, None, None]
    return value.T


_KINDS = {"weight": "w", "bias": "b"}
_NORMS = {"weight": "scale", "bias": "offset"}


def _stored(function: str, path: str, weight: str) -> str:
    module, kind = module_name(path), weight.rpartition(".")[2]
    if function == "attention":
        part, _, kind = kind.partition("_")
        return f"{module}/{part}/{_KINDS[kind]}"
    kinds = _NORMS if function in ("batchnorm", "layernorm", "scale") else _KINDS
    return f"{module}/{kinds.get(kind, kind)}"


def _conv(leaf: Leaf) -> JaxLayer:
    layer: Conv = leaf.layer  # type: ignore[assignment]
    groups, (top, bottom, left, right) = number(layer.groups), layer.margins
    text = f"conv({NAME}, x, {HOLE}, {layer.kernel}"
    holes = [Hole("channels", leaf.output_shape[0])]
    if any(layer.margins):
        same = layer.padding == "same" and layer.stride == (1, 1)
        text += ', "SAME"' if same else f", (({top}, {bottom}), ({left}, {right}))"
    text += "" if layer.stride == (1, 1) else f", stride={layer.stride}"
    text += "" if layer.dilation == (1, 1) else f", rate={layer.dilation}"
    if groups > 1:
        text += f", feature_group_count={HOLE}"
        holes.append(Hole("groups", groups))
    text += ")" if layer.bias else ", with_bias=False)"
    return JaxLayer(Expression(text, tuple(holes)), ("conv",))


def _linear(leaf: Leaf) -> JaxLayer:
    layer: Linear = leaf.layer  # type: ignore[assignment]
    bias = "" if layer.bias else ", with_bias=False"
    text = f"hk.Linear({HOLE}{bias}, name={NAME})(x)"
    return JaxLayer(Expression(text, (Hole("features", leaf.output_shape[0]),)))


def _batch_norm(leaf: Leaf) -> JaxLayer:
    layer: BatchNorm = leaf.layer  # type: ignore[assignment]
    options = "" if layer.momentum == 0.1 else f", momentum={layer.momentum!r}"
    options += "" if layer.epsilon == 1e-5 else f", epsilon={layer.epsilon!r}"
    text = Expression(f"BatchNorm({NAME}{options})(x, training)")
    return JaxLayer(text, ("BatchNorm",), wraps=True)


def _layer_norm(leaf: Leaf) -> JaxLayer:
    layer: LayerNorm = leaf.layer  # type: ignore[assignment]
    epsilon = "" if layer.epsilon == 1e-5 else f", {layer.epsilon!r}"
    return JaxLayer(Expression(f"LayerNorm({NAME}{epsilon})(x)"), ("LayerNorm",), wraps=True)


def _scale(leaf: Leaf) -> JaxLayer:
    layer: Scale = leaf.layer  # type: ignore[assignment]
    initial = "" if layer.initial == 1 else f", {float(layer.initial)!r}"
    return JaxLayer(Expression(f"Scale({NAME}{initial})(x)"), ("Scale",), wraps=True)


def _attention(leaf: Leaf) -> JaxLayer:
    layer: Attention = leaf.layer  # type: ignore[assignment]
    bias = "" if layer.bias else ", bias=False"
    text = f"Attention({NAME}, heads={HOLE}{bias})(x)"
    return JaxLayer(Expression(text, (Hole("heads", layer.heads),)), ("Attention",))


def _dropout(leaf: Leaf) -> JaxLayer:
    layer: Dropout = leaf.layer  # type: ignore[assignment]
    text = Expression(f"dropout(x, {HOLE}, training)", (Hole("rate", layer.rate),))
    return JaxLayer(text, ("dropout",), wraps=True)


LAYERS: dict[type, Callable[[Leaf], JaxLayer]] = {
    Conv: _conv,
    Linear: _linear,
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Scale: _scale,
    Attention: _attention,
    Dropout: _dropout,
}
