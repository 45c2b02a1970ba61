"""Every hidden layer made wider or narrower by one factor."""

from dataclasses import dataclass, replace
from math import isfinite

from imagette.network.errors import NetworkError
from imagette.network.forms import CHANNELS, SAME
from imagette.network.layer import number
from imagette.network.layers import (
    Block,
    Branches,
    Conv,
    Gate,
    Layer,
    Linear,
    Network,
    Residual,
)
from imagette.network.tensors import MAX_SIDE


def widen(network: Network, factor: float) -> Network:
    """Multiply channels of convolutions and features of linears; rounded half up, at least 1.

    The words `classes` and `same` stay. A depthwise convolution (as many groups as channels reach
    it) stays depthwise. Where the picture itself is a residual's shortcut or enters a gate, what
    meets it keeps its width; branches that end in unequal roundings, and attention whose heads no
    longer divide its channels, are left for `walk` to refuse.

    >>> from imagette.network.text import parse, to_text
    >>> print(to_text(widen(parse("conv 6 5x5; flatten; linear classes"), 2)), end="")
    conv 12 5x5
    flatten
    linear classes
    """
    if not isinstance(factor, int | float) or not isfinite(factor) or factor <= 0:
        raise NetworkError(f"width must be a number above 0. Got {factor!r:.60}")
    return Network(_Widener(factor).block(network.layers, None)[0])


Reach = tuple[int, int] | None
"""Channels (or features) that reach a layer, before and after widening; None: the picture's own."""


@dataclass(frozen=True, slots=True)
class _Widener:
    """Each method returns what it widened and the reach after it; `keep` spares its output.

    `entered` is the reach that the word `same` stands for.
    """

    factor: float
    entered: Reach = None

    def block(self, layers: Block, reach: Reach, keep: bool = False) -> tuple[Block, Reach]:
        kept = _last_setters(layers) if keep else set()
        widened = []
        for index, layer in enumerate(layers):
            wider, reach = self.layer(layer, reach, index in kept)
            widened.append(wider)
        return tuple(widened), reach

    def layer(self, layer: Layer, reach: Reach, keep: bool) -> tuple[Layer, Reach]:
        match layer:
            case Conv():
                return self.conv(layer, reach, keep)
            case Linear(features=int(features)):
                width = features if keep else self.scaled(features)
                return replace(layer, features=width), (features, width)
            case Linear(features="same"):
                return layer, self.entered
            case Residual():
                return self.residual(layer, reach, keep)
            case Gate():
                return self.gate(layer, reach), reach
            case Branches():
                return self.branches(layer, reach, keep)
        return layer, reach

    def conv(self, layer: Conv, reach: Reach, keep: bool) -> tuple[Layer, Reach]:
        groups = layer.groups
        if reach and groups == reach[0] > 1:
            groups = reach[1]
        layer = replace(layer, groups=groups)
        if layer.channels == SAME:
            return layer, self.entered
        if not isinstance(layer.channels, int):
            return layer, reach
        multiple = (reach[1] if reach else 1) if groups == CHANNELS else number(groups)
        width = layer.channels if keep else self.scaled(layer.channels, multiple)
        return replace(layer, channels=width), (layer.channels, width)

    def residual(self, layer: Residual, reach: Reach, keep: bool) -> tuple[Layer, Reach]:
        # An end that nothing widens must meet one that keeps its width, or the sum cannot be.
        plain = _is_plain(reach)
        keep_body = keep or (plain and not any(map(_settles, layer.shortcut)))
        keep_shortcut = keep or (plain and not any(map(_settles, layer.body)))
        inner = replace(self, entered=reach)
        body, end = inner.block(layer.body, reach, keep_body)
        shortcut, _ = inner.block(layer.shortcut, reach, keep_shortcut)
        return replace(layer, body=body, shortcut=shortcut), end

    def gate(self, layer: Gate, reach: Reach) -> Layer:
        inner = replace(self, entered=reach)
        return replace(layer, body=inner.block(layer.body, reach, _is_plain(reach))[0])

    def branches(self, layer: Branches, reach: Reach, keep: bool) -> tuple[Layer, Reach]:
        blocks = [self.block(block, reach, keep) for block in layer.branches]
        ends = [end for _, end in blocks if end]
        known = len(ends) == len(blocks)
        total = (sum(old for old, _ in ends), sum(new for _, new in ends)) if known else None
        return replace(layer, branches=tuple(block for block, _ in blocks)), total

    def scaled(self, width: int, multiple: int = 1) -> int:
        wanted = width * self.factor / multiple + 0.5
        if not wanted * multiple <= MAX_SIDE:  # infinity, too
            raise NetworkError(
                f"a width of {self.factor:g} makes more than {MAX_SIDE:,} of {width} channels or "
                "features; take a smaller one"
            )
        return multiple * max(1, int(wanted))


def _is_plain(reach: Reach) -> bool:
    """Whether what arrives is as wide as it was."""
    return reach is None or reach[0] == reach[1]


def _last_setters(layers: Block) -> set[int]:
    """The layers that settle the width of a block's output."""
    found = set()
    for index in range(len(layers) - 1, -1, -1):
        found.add(index)
        if _settles(layers[index]) or _is_same(layers[index]):
            break
    return found


def _settles(layer: Layer) -> bool:
    """Whether its output's width depends on nothing before it."""
    if isinstance(layer, Residual):
        return any(map(_settles, layer.shortcut))
    if isinstance(layer, Branches):
        return all(any(map(_settles, block)) for block in layer.branches)
    return isinstance(layer, Conv | Linear) and not _is_same(layer)


def _is_same(layer: Layer) -> bool:
    """Whether its output is as wide as what entered the gate or residual around it."""
    match layer:
        case Conv(channels="same") | Linear(features="same"):
            return True
    return False
