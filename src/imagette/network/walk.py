"""The one walk over a network: it settles every path, shape, weight and cost.

Paths: a layer is called by its own `name`, or else by its word and a counter, one a word and
block (`conv1`, `relu1`, `conv2`); a named layer is counted too, so that naming one renames no
other. Layers of a container start with its path: `residual1.conv2`, `residual1.shortcut.conv1`,
`branches1.0.conv1`; so do its joins: `residual1.add`, `branches1.concatenate`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from imagette.network.errors import NetworkError
from imagette.network.forms import slots
from imagette.network.graph import Graph, HyperParameter
from imagette.network.layer import Sizes
from imagette.network.layers import Block, Branches, Container, Join, Layer, Network
from imagette.network.recorder import Recorder
from imagette.network.tensors import MAX_SIDE, Shape, check_elements, shape_text
from imagette.network.text import statement


def walk(network: Network, input_shape: Shape, classes: int = 10) -> Graph:
    """The graph of a network on pictures of `input_shape` (C,H,W), with `classes` outputs.

    Raises NetworkError at the first layer that cannot be: its line (or path, if it was made in
    Python), the layer, the shape that reached it, the rule and the remedy.

    >>> from imagette.network.text import parse
    >>> graph = walk(parse("flatten; linear classes"), (1, 28, 28))
    >>> [node.path for node in graph.nodes], graph.parameters
    (['flatten1', 'linear1'], 7850)
    """
    shape = _checked_input(tuple(input_shape), classes)
    walker = _Walker(classes, Recorder(shape))
    last = walker.block(network.layers, "", 0, None)
    walker.check_output(network.layers[-1], last)
    return walker.recorder.graph(classes)


def _checked_input(shape: Shape, classes: int) -> Shape:
    sides = f"whole numbers from 1 to {MAX_SIDE:,}"
    if len(shape) not in (1, 3) or not all(map(_is_side, shape)):
        raise NetworkError(f"the input must be (C, H, W), {sides}. Got {shape!r:.60}")
    if not _is_side(classes):
        raise NetworkError(f"the number of classes must be of the {sides}. Got {classes!r:.60}")
    check_elements("the input", shape, "make it smaller")
    return shape


def _is_side(value: object) -> bool:
    return type(value) is int and 1 <= value <= MAX_SIDE


@dataclass(slots=True)
class _Walker:
    """What grows during a walk. Tensors are passed by their number n."""

    classes: int
    recorder: Recorder
    paths: set[str] = field(default_factory=set)

    def block(self, layers: Block, prefix: str, source: int, same: int | None) -> int:
        """`same` is what that word stands for within the block; None: nothing."""
        counters: Counter[str] = Counter()
        for layer in layers:
            counters[layer.word] += 1
            path = prefix + (layer.name or f"{layer.word}{counters[layer.word]}")
            source = self.layer(layer, path, source, same)
        return source

    def layer(self, layer: Layer, path: str, source: int, same: int | None) -> int:
        channels = self.recorder.shape(source)[0]
        with self.blaming(layer, path, (source,)):
            layer.check_values()
            self.claim(path)
            if not isinstance(layer, Container):
                sizes = Sizes(self.classes, channels, same)
                return self.simple(layer.resolved(sizes), path, source)
        within = same if isinstance(layer, Branches) else channels
        ends = tuple(
            self.block(block, f"{path}.{name}", source, within)
            for name, block in layer.blocks.items()
        )
        with self.blaming(layer, path, ends):
            return self.join(layer.join, f"{path}.{layer.join.word}", ends)

    def simple(self, layer: Layer, path: str, source: int) -> int:
        shape = self.recorder.shape(source)
        operations = layer.operations(shape)
        weights = tuple(
            replace(weight, name=f"{path}.{weight.name}") for weight in layer.weights(shape)
        )
        known = _hyper_parameters(layer)
        return self.recorder.node(layer, path, (source,), operations, weights, known)

    def join(self, layer: Join, path: str, sources: tuple[int, ...]) -> int:
        self.claim(path)
        operations = layer.joined(tuple(map(self.recorder.shape, sources)))
        return self.recorder.node(layer, path, sources, operations, (), {})

    def claim(self, path: str) -> None:
        if path in self.paths:
            raise NetworkError(f"two layers are called {path!r}; give one another name=")
        self.paths.add(path)

    def check_output(self, layer: Layer, last: int) -> None:
        shape = self.recorder.shape(last)
        if shape != (self.classes,):
            remedy = "linear classes" if len(shape) == 1 else "flatten (or mean) and linear classes"
            node = self.recorder.nodes[-1]
            with self.blaming(layer, node.path, node.inputs):
                raise NetworkError(
                    f"the network ends in {shape_text(shape)}, not in one number "
                    f"for each of {self.classes} classes; end it with {remedy}"
                )

    @contextmanager
    def blaming(self, layer: Layer, path: str, sources: tuple[int, ...]) -> Iterator[None]:
        """Put in front of an error where the layer stands, what it is and what reached it."""
        try:
            yield
        except NetworkError as error:
            place = layer.written or f"{path}, {statement(layer)!r:.100}"
            reached = " and ".join(shape_text(self.recorder.shape(n)) for n in sources)
            raise NetworkError(f"{place}, given {reached}: {error}") from None


def _hyper_parameters(layer: Layer) -> dict[str, HyperParameter]:
    told = ("name", "frozen")  # by the path, and by what is trainable among the weights
    known = (slot for slot in slots(layer.__class__) if slot.word not in told)
    return {slot.word: getattr(layer, slot.field) for slot in known}
