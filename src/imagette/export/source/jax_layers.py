"""Each layer as a call of a small function in JAX, on pictures [N,C,H,W]."""

from collections.abc import Callable
from dataclasses import dataclass

from imagette.export.source.expression import HOLE, Expression, Hole
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

NAME = "\1"
"""Stands for the quoted name of the layer in a call."""


@dataclass(frozen=True, slots=True)
class JaxLayer:
    """How one kind of layer is called: `function` of `x`, and the pieces that the file must hold.

    `wraps` says that it may stand around the call before it; a `stateful` one also gives the state
    that it moved.
    """

    function: Expression
    pieces: tuple[str, ...] = ()
    wraps: bool = False
    stateful: bool = False


def jax_layer(leaf: Leaf) -> JaxLayer:
    return LAYERS[type(leaf.layer)](leaf)


def _conv(leaf: Leaf) -> JaxLayer:
    layer: Conv = leaf.layer  # type: ignore[assignment]
    groups, margins = number(layer.groups), layer.margins
    text = f"conv(w, {NAME}, x"
    text += "" if layer.stride == (1, 1) else f", stride={layer.stride}"
    if any(margins):
        same = layer.padding == "same" and layer.stride == (1, 1)
        top, bottom, left, right = margins
        text += ', padding="SAME"' if same else f", padding=(({top}, {bottom}), ({left}, {right}))"
    text += "" if layer.dilation == (1, 1) else f", dilation={layer.dilation}"
    holes: tuple[Hole, ...] = ()
    if groups > 1:
        text += f", groups={HOLE}"
        holes = (Hole("groups", groups),)
    return JaxLayer(Expression(f"{text})", holes), ("conv",))


def _pool(function: str) -> Callable[[Leaf], JaxLayer]:
    def pool(leaf: Leaf) -> JaxLayer:
        layer: MaxPool | AvgPool = leaf.layer  # type: ignore[assignment]
        top, bottom, left, right = layer.margins
        around = f", (({top}, {bottom}), ({left}, {right}))" if any(layer.margins) else ""
        text = f"{function}(x, {layer.kernel}, {layer.stride}{around})"
        return JaxLayer(Expression(text), (function,))

    return pool


def _batch_norm(leaf: Leaf) -> JaxLayer:
    layer: BatchNorm = leaf.layer  # type: ignore[assignment]
    options = "" if layer.momentum == 0.1 else f", momentum={layer.momentum!r}"
    options += "" if layer.epsilon == 1e-5 else f", epsilon={layer.epsilon!r}"
    text = Expression(f"batch_norm(w, state, {NAME}, x, training{options})")
    return JaxLayer(text, ("batch_norm", "normalised", "channelwise"), stateful=True)


def _layer_norm(leaf: Leaf) -> JaxLayer:
    layer: LayerNorm = leaf.layer  # type: ignore[assignment]
    epsilon = "" if layer.epsilon == 1e-5 else f", {layer.epsilon!r}"
    text = Expression(f"layer_norm(w, {NAME}, x{epsilon})")
    return JaxLayer(text, ("layer_norm", "normalised", "channelwise"), wraps=True)


def _attention(leaf: Leaf) -> JaxLayer:
    layer: Attention = leaf.layer  # type: ignore[assignment]
    text = Expression(f"attention(w, {NAME}, x, heads={HOLE})", (Hole("heads", layer.heads),))
    return JaxLayer(text, ("attention",))


def _dropout(leaf: Leaf) -> JaxLayer:
    layer: Dropout = leaf.layer  # type: ignore[assignment]
    text = Expression(f"dropout({NAME}, x, {HOLE}, key)", (Hole("rate", layer.rate),))
    return JaxLayer(text, ("dropout",), wraps=True)


def _plain(text: str, *pieces: str, wraps: bool = False) -> Callable[[Leaf], JaxLayer]:
    return lambda _leaf: JaxLayer(Expression(text), pieces, wraps)


LAYERS: dict[type, Callable[[Leaf], JaxLayer]] = {
    Conv: _conv,
    Linear: _plain(f"linear(w, {NAME}, x)", "linear"),
    MaxPool: _pool("max_pool"),
    AvgPool: _pool("avg_pool"),
    Mean: _plain("x.mean((2, 3))"),
    Max: _plain("x.max((2, 3))"),
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Scale: _plain(f"scale(w, {NAME}, x)", "scale", "channelwise", wraps=True),
    Attention: _attention,
    Dropout: _dropout,
    ReLU: _plain("jax.nn.relu(x)", wraps=True),
    GELU: _plain("jax.nn.gelu(x, approximate=False)", wraps=True),
    SiLU: _plain("jax.nn.silu(x)", wraps=True),
    Sigmoid: _plain("jax.nn.sigmoid(x)", wraps=True),
    Tanh: _plain("jnp.tanh(x)", wraps=True),
    Softmax: _plain("jax.nn.softmax(x, 1)", wraps=True),
    LogSoftmax: _plain("jax.nn.log_softmax(x, 1)", wraps=True),
    Flatten: _plain("x.reshape(len(x), -1)"),
}
