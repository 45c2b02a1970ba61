"""The one walk over a network: it settles every path, shape, weight and cost.

Paths: a layer is called by its own `name`, or else by its word and a counter, one a word and
block (`conv1`, `relu1`, `conv2`); a named layer is counted too, so that naming one renames no
other. Layers of a container start with its path: `residual1.conv2`, `residual1.shortcut.conv1`,
`branches1.0.conv1`; so do its joins: `residual1.add`, `branches1.concatenate`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from imagette.network.cost import Cost
from imagette.network.errors import NetworkError
from imagette.network.forms import slots
from imagette.network.graph import Graph, HyperParameter, Node
from imagette.network.layers import Block, Container, Join, Layer, Network
from imagette.network.operations import Convolve, MatMul, Operation
from imagette.network.tensors import MAX_SIDE, Shape, Weight, check_elements, shape_text
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
    tracer = _Tracer(classes, [_Tensor(shape, learnt=False)])
    last = tracer.block(network.layers, "", 0)
    tracer.check_output(network.layers[-1], last)
    return Graph(shape, classes, tuple(tracer.nodes))


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


@dataclass(frozen=True, slots=True)
class _Tensor:
    """Xn, as far as the layers that read it need to know."""

    shape: Shape
    learnt: bool  # it depends on a trainable weight, so a gradient flows through it


@dataclass(slots=True)
class _Tracer:
    """What grows during a walk. Tensors are passed by their number n."""

    classes: int
    tensors: list[_Tensor]
    nodes: list[Node] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)

    def block(self, layers: Block, prefix: str, source: int) -> int:
        counters: Counter[str] = Counter()
        for layer in layers:
            counters[layer.word] += 1
            path = prefix + (layer.name or f"{layer.word}{counters[layer.word]}")
            source = self.layer(layer, path, source)
        return source

    def layer(self, layer: Layer, path: str, source: int) -> int:
        with self.blaming(layer, path, (source,)):
            layer.check_values()
            self.claim(path)
            if not isinstance(layer, Container):
                return self.simple(layer.resolved(self.classes), path, source)
        ends = tuple(
            self.block(block, f"{path}.{name}", source) for name, block in layer.blocks.items()
        )
        with self.blaming(layer, path, ends):
            return self.join(layer.join, f"{path}.{layer.join.word}", ends)

    def simple(self, layer: Layer, path: str, source: int) -> int:
        shape = self.tensors[source].shape
        operations = layer.operations(shape)
        weights = tuple(
            Weight(f"{path}.{weight.name}", weight.shape, weight.trainable)
            for weight in layer.weights(shape)
        )
        return self.node(layer, path, (source,), operations, weights)

    def join(self, layer: Join, path: str, sources: tuple[int, ...]) -> int:
        self.claim(path)
        operations = layer.joined(tuple(self.tensors[n].shape for n in sources))
        return self.node(layer, path, sources, operations, ())

    def node(
        self,
        layer: Layer,
        path: str,
        sources: tuple[int, ...],
        operations: tuple[Operation, ...],
        weights: tuple[Weight, ...],
    ) -> int:
        output_shape = operations[-1].output_shape
        for weight in weights:
            check_elements(weight.name, weight.shape, "take fewer channels or features")
        remedy = "take fewer channels, less padding or larger strides"
        check_elements("its output", output_shape, remedy)
        cost = sum((operation.cost for operation in operations), Cost())
        learnt_input = any(self.tensors[n].learnt for n in sources)
        learnt = learnt_input or any(weight.trainable for weight in weights)
        self.tensors.append(_Tensor(output_shape, learnt))
        node = Node(
            index=len(self.nodes) + 1,
            path=path,
            function=layer.word,
            layer=layer,
            hyper_parameters=_hyper_parameters(layer),
            inputs=sources,
            input_shapes=tuple(self.tensors[n].shape for n in sources),
            output_shape=output_shape,
            weights=weights,
            cost=cost,
            backward=_backward(operations, cost, learnt_input),
            inside=sum((operation.inside for operation in operations), Cost()),
            in_place=all(operation.in_place for operation in operations),
        )
        self.nodes.append(node)
        return node.output

    def claim(self, path: str) -> None:
        if path in self.paths:
            raise NetworkError(f"two layers are called {path!r}; give one another name=")
        self.paths.add(path)

    def check_output(self, layer: Layer, last: int) -> None:
        shape = self.tensors[last].shape
        if shape != (self.classes,):
            remedy = "linear classes" if len(shape) == 1 else "flatten (or mean) and linear classes"
            with self.blaming(layer, self.nodes[-1].path, self.nodes[-1].inputs):
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
            reached = " and ".join(shape_text(self.tensors[n].shape) for n in sources)
            raise NetworkError(f"{place}, given {reached}: {error}") from None


def _hyper_parameters(layer: Layer) -> dict[str, HyperParameter]:
    known = slots(layer.__class__)
    return {slot.word: getattr(layer, slot.field) for slot in known if slot.word != "name"}


def _backward(operations: tuple[Operation, ...], cost: Cost, learnt_input: bool) -> Cost:
    """As much again for the weights' gradient, and as much for the input's if one is needed."""
    if not any(isinstance(operation, Convolve | MatMul) for operation in operations):
        return Cost()
    return cost * (2 if learnt_input else 1)
