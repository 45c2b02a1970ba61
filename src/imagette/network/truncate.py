"""A network cut after one of its nodes: what that node needs, and nothing else."""

from dataclasses import replace

from imagette.network.errors import NetworkError
from imagette.network.graph import Graph, Node


def truncated(graph: Graph, path: str) -> Graph:
    """The graph that ends in the node at `path`, whose output it returns; numbered anew.

    Paths and weights keep their names, so an engine builds it with the weights of the whole.
    Raises NetworkError for a path that no node has.

    >>> from imagette.network import named, walk
    >>> part = truncated(walk(named("lenet_cifar"), (3, 32, 32)), "conv2")
    >>> [node.path for node in part.nodes], part.last.output_shape
    (['conv1', 'relu1', 'maxpool1', 'conv2'], (16, 10, 10))
    """
    ends = [node for node in graph.nodes if node.path == path]
    if not ends:
        raise NetworkError(f"no node has the path {path!r:.100}")
    nodes = _needed(graph, ends[0])
    numbers = {0: 0, **{node.index: new for new, node in enumerate(nodes, start=1)}}
    renumbered = tuple(
        replace(node, index=numbers[node.index], inputs=tuple(numbers[n] for n in node.inputs))
        for node in nodes
    )
    kept = {node.path for node in nodes}
    random = tuple(one for one in graph.random_paths if one in kept)
    return replace(graph, nodes=renumbered, unattached=(), random_paths=random, output=None)


def _needed(graph: Graph, last: Node) -> list[Node]:
    """The node and all that it reads from, directly or not, in the order of the network."""
    wanted, needed = {last.index}, []
    for node in reversed(graph.nodes[: last.index]):
        if node.index in wanted:
            wanted.update(node.inputs)
            needed.append(node)
    return needed[::-1]
