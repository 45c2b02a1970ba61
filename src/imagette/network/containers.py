"""The layers that hold layers, the joins they end in, and the network itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from imagette.network import operations as op
from imagette.network.errors import NetworkError
from imagette.network.layer import Layer
from imagette.network.tensors import Shape, shape_text

Block = tuple[Layer, ...]

MAX_DEPTH = 32
"""Of containers within containers: plenty for any network, and far from Python's own limit."""


class Join(Layer):
    """What ends a container: made by `walk`, never written."""

    def joined(self, shapes: tuple[Shape, ...]) -> tuple[op.Operation, ...]:
        """As `operations`, of several inputs."""
        raise NotImplementedError


class Add(Join):
    """The sum of two tensors of one shape: one addition an element."""

    word: ClassVar[str] = "add"

    def joined(self, shapes: tuple[Shape, ...]) -> tuple[op.Operation, ...]:
        body, shortcut = shapes
        if body != shortcut:
            raise NetworkError(
                f"the body ends in {shape_text(body)} and the shortcut in {shape_text(shortcut)}, "
                "but they are added; give them the same channels, strides and padding, "
                "if need be by a shortcut such as { conv 32 1x1 stride=2 }"
            )
        return (op.Elementwise(body, ("add",)),)


class Multiply(Join):
    """What entered times what the body made of it: one multiplication an element.

    The body gives a factor an element, [C,H,W], or one a channel, [C].
    """

    word: ClassVar[str] = "multiply"

    def joined(self, shapes: tuple[Shape, ...]) -> tuple[op.Operation, ...]:
        body, entered = shapes
        if body not in (entered, entered[:1]):
            whole = f", or one an element, {shape_text(entered)}" if len(entered) == 3 else ""
            raise NetworkError(
                f"the body ends in {shape_text(body)}, but a gate takes one factor a channel of "
                f"what entered, {entered[0]}{whole}; end it with linear same, or with conv same 1x1"
            )
        return (op.Elementwise(entered, ("multiply",)),)


class Concatenate(Join):
    """Tensors joined along their channels (or features): costs nothing."""

    word: ClassVar[str] = "concatenate"

    def joined(self, shapes: tuple[Shape, ...]) -> tuple[op.Operation, ...]:
        return (op.Concatenate(shapes),)


@dataclass(frozen=True)
class Container(Layer):
    """What holds blocks of layers and joins their outputs."""

    join: ClassVar[Join]
    depth: int = field(init=False, default=1, compare=False, repr=False)

    @property
    def blocks(self) -> dict[str, Block]:
        """Each block with what the paths within it start with: "", "shortcut.", "0.", ..."""
        raise NotImplementedError

    def _check_depth(self) -> None:
        inner = (layer for block in self.blocks.values() for layer in block)
        depth = 1 + max((layer.depth for layer in inner if isinstance(layer, Container)), default=0)
        check_depth(depth)
        object.__setattr__(self, "depth", depth)


@dataclass(frozen=True)
class Residual(Container):
    """The body's output plus the shortcut's; an empty shortcut is the input itself.

    Source: He et al., https://arxiv.org/abs/1512.03385
    """

    word: ClassVar[str] = "residual"
    join: ClassVar[Join] = Add()
    body: Block
    shortcut: Block = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", as_block(self.body))
        object.__setattr__(self, "shortcut", as_block(self.shortcut))
        self._check_depth()
        if not self.body:
            raise NetworkError("the body of a residual is empty; write at least one layer in it")

    @property
    def blocks(self) -> dict[str, Block]:
        return {"": self.body, "shortcut.": self.shortcut}


@dataclass(frozen=True)
class Gate(Container):
    """What enters, multiplied by what the body makes of it: one factor a channel, or an element.

    Squeeze-and-excitation is gate { mean; linear 4; relu; linear same; sigmoid }.

    Source: Hu et al., https://arxiv.org/abs/1709.01507
    """

    word: ClassVar[str] = "gate"
    join: ClassVar[Join] = Multiply()
    body: Block

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", as_block(self.body))
        self._check_depth()
        if not self.body:
            raise NetworkError("the body of a gate is empty; write at least one layer in it")

    @property
    def blocks(self) -> dict[str, Block]:
        return {"": self.body, "entered.": ()}


@dataclass(frozen=True)
class Branches(Container):
    """Blocks side by side on one input, their outputs concatenated; an empty block is the input.

    Source: Szegedy et al., https://arxiv.org/abs/1409.4842
    """

    word: ClassVar[str] = "branches"
    join: ClassVar[Join] = Concatenate()
    branches: tuple[Block, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", tuple(map(as_block, self.branches)))
        self._check_depth()
        if len(self.branches) < 2:
            raise NetworkError(
                f"branches joins at least two blocks. Got {len(self.branches)}; "
                "write branches { { ... } { ... } }"
            )

    @property
    def blocks(self) -> dict[str, Block]:
        return {f"{number}.": block for number, block in enumerate(self.branches)}


@dataclass(frozen=True)
class Network:
    """Layers from the picture to one number a class, and nothing else: no sizes, no weights."""

    layers: Block

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", as_block(self.layers))
        if not self.layers:
            raise NetworkError(
                "the network is empty; write at least one layer, such as linear classes"
            )

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)


def Sequential(*layers: Layer) -> Network:  # noqa: N802  # reads as torch's and Keras' do
    """The network of these layers, one after the other.

    >>> from imagette.network.layers import Flatten, Linear
    >>> [layer.word for layer in Sequential(Flatten(), Linear("classes"))]
    ['flatten', 'linear']
    """
    return Network(layers)


def as_block(layers: Any) -> Block:
    """Any iterable of layers, a network included, as a tuple; raises NetworkError on others."""
    try:
        block = tuple(layers)
    except TypeError:
        block = (layers,)
    for layer in block:
        if not isinstance(layer, Layer) or isinstance(layer, Join):
            raise NetworkError(
                f"a network is made of layers such as Conv(6, 5) and ReLU(). Got {layer!r:.60}"
            )
    return block


def check_depth(depth: int) -> None:
    """Refuse containers nested beyond `MAX_DEPTH`."""
    if depth > MAX_DEPTH:
        raise NetworkError(
            f"containers nest more than {MAX_DEPTH} deep; write inner ones side by side"
        )
