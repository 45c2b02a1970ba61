"""The layers of a network as they nest, each with its path and its shapes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imagette.network import Network
from imagette.network.containers import Block, Container
from imagette.network.graph import Graph, Node, Shape
from imagette.network.layer import Layer


@dataclass(frozen=True, slots=True)
class Leaf:
    """A layer that holds no others; its widths are numbers."""

    name: str  # within its block: "conv1"
    path: str  # "residual1.conv1"
    layer: Layer
    input_shape: Shape
    output_shape: Shape


@dataclass(frozen=True, slots=True)
class Nest:
    """A layer of layers: its blocks by what their paths begin with ("", "shortcut.", "0.")."""

    name: str
    path: str
    layer: Container
    blocks: Mapping[str, tuple["Item", ...]]
    input_shape: Shape
    output_shape: Shape

    @property
    def height(self) -> int:
        """1 for one that holds leaves alone."""
        return 1 + max((one.height for one in self.nests), default=0)

    @property
    def nests(self) -> tuple["Nest", ...]:
        """Those directly within."""
        every = (one for block in self.blocks.values() for one in block)
        return tuple(one for one in every if isinstance(one, Nest))


Item = Leaf | Nest


def structure(network: Network, graph: Graph) -> tuple[Item, ...]:
    """What `graph` says of each layer of `network`, nested as it is written.

    >>> from imagette import named, walk
    >>> layers = named("resnet8")
    >>> items = structure(layers, walk(layers, (3, 32, 32)))
    >>> [item.path for item in items[3].blocks[""]][:2]
    ['residual1.conv1', 'residual1.batchnorm1']
    """
    return _block(network.layers, "", {node.path: node for node in graph.nodes}, graph.input_shape)


def leaves(items: tuple[Item, ...]) -> Iterator[Leaf]:
    """Every layer that holds no others, in the order of the graph."""
    for item in items:
        if isinstance(item, Leaf):
            yield item
        else:
            for block in item.blocks.values():
                yield from leaves(block)


def nests(items: tuple[Item, ...]) -> Iterator[Nest]:
    """Every layer of layers, outer ones before inner ones."""
    for item in items:
        if isinstance(item, Nest):
            yield item
            for block in item.blocks.values():
                yield from nests(block)


def _block(layers: Block, prefix: str, nodes: Mapping[str, Node], shape: Shape) -> tuple[Item, ...]:
    counters: Counter[str] = Counter()
    items: list[Item] = []
    for layer in layers:
        counters[layer.word] += 1
        name = layer.name or f"{layer.word}{counters[layer.word]}"
        items.append(_item(layer, name, prefix + name, nodes, shape))
        shape = items[-1].output_shape
    return tuple(items)


def _item(layer: Layer, name: str, path: str, nodes: Mapping[str, Node], shape: Shape) -> Item:
    if not isinstance(layer, Container):
        node = nodes[path]
        return Leaf(name, path, node.layer, node.input_shapes[0], node.output_shape)
    blocks = {
        key: _block(block, f"{path}.{key}", nodes, shape) for key, block in layer.blocks.items()
    }
    joined = nodes[f"{path}.{layer.join.word}"].output_shape
    return Nest(name, path, layer, blocks, shape, joined)
