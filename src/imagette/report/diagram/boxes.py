"""The boxes of a diagram: nodes that follow each other and keep the shape stand in one box."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from imagette.network.cost import OPERATIONS
from imagette.report.names import shown
from imagette.report.spelling import shape

Row = Mapping[str, Any]
"""A node as `describe --json` writes it."""

_JOINS = {"add": "+", "multiply": "×", "concatenate": "concatenate"}


@dataclass(frozen=True, slots=True)
class Box:
    """Nodes drawn as one; `reads` and `index` are places among the boxes, -1 is the input."""

    index: int
    nodes: tuple[Row, ...]
    reads: tuple[int, ...]

    @property
    def is_join(self) -> bool:
        return len(self.nodes[0]["inputs"]) > 1

    @property
    def output_shape(self) -> tuple[int, ...]:
        return tuple(self.nodes[-1]["output_shape"])

    @property
    def parameters(self) -> int:
        return sum(int(node["parameters"]) for node in self.nodes)

    @property
    def operations(self) -> int | None:
        """Multiplications, additions and maximums; None if those of a node are not known."""
        return operations(self.nodes)

    @property
    def kind(self) -> tuple[object, ...]:
        """Equal for boxes that compute the same, whatever the channels that reach them."""
        return tuple(
            (node["function"], tuple((k, str(v)) for k, v in node["hyper_parameters"].items()))
            for node in self.nodes
        )


def operations(nodes: Sequence[Row]) -> int | None:
    """Of all nodes on one image, forward; None if those of one are not known."""
    if any(node["cost"] is None for node in nodes):
        return None
    return sum(int(node["cost"][kind]) for node in nodes for kind in OPERATIONS)


def boxes(nodes: Sequence[Row]) -> tuple[Box, ...]:
    """The boxes of a network, in the order of its nodes.

    A node goes into the box above it if it alone reads it, reads nothing else, and keeps the shape;
    or if it has a kernel and what is above it has none and keeps the size (norm, ReLU, conv).
    """
    readers = Counter(name for node in nodes for name in set(node["inputs"]))
    made: list[list[Row]] = []
    at: dict[str, int] = {}  # tensor to its box
    for node in nodes:
        reads = node["inputs"]
        above = at.get(reads[0]) if len(reads) == 1 and readers[reads[0]] == 1 else None
        if above is not None and _belongs(made[above], node):
            made[above].append(node)
        else:
            above = len(made)
            made.append([node])
        at[node["output"]] = above
    return tuple(
        Box(index, tuple(inside), _reads(inside[0], at)) for index, inside in enumerate(made)
    )


def label(node: Row) -> str:
    """What a node does, in a few words.

    >>> label({"function": "conv", "hyper_parameters": {"channels": 6, "kernel": [5, 5]}})
    'conv 6 5×5'
    >>> label({"function": "maxpool", "hyper_parameters": {"kernel": [2, 2], "stride": [2, 2]}})
    'maxpool 2×2'
    """
    function = str(node["function"])
    if function in _JOINS:
        return _JOINS[function]
    known = node["hyper_parameters"]
    words = [shown(function)]
    words += [
        str(known[key]) for key in ("channels", "features") if isinstance(known.get(key), int)
    ]
    kernel, stride = known.get("kernel"), known.get("stride")
    if isinstance(kernel, list):
        words.append(shape(kernel))
    usual = kernel if "pool" in function else [1, 1]
    if isinstance(stride, list) and stride != usual:
        words.append("/" + (str(stride[0]) if len(set(stride)) == 1 else shape(stride)))
    if isinstance(known.get("groups"), int) and known["groups"] > 1:
        words.append(f"g{known['groups']}")
    if isinstance(known.get("rate"), float):
        words.append(f"{known['rate']:g}")
    return " ".join(words)


def _belongs(above: Sequence[Row], node: Row) -> bool:
    if len(above[0]["inputs"]) > 1 and node["weights"]:
        return False
    if _is_heavy(node):
        return all(not _is_heavy(one) and _keeps_size(one) for one in above)
    return all(shape == node["output_shape"] for shape in node["input_shapes"])


def _keeps_size(node: Row) -> bool:
    return all(prod(shape) == prod(node["output_shape"]) for shape in node["input_shapes"])


def _is_heavy(node: Row) -> bool:
    """A norm has weights too, but none that mixes numbers: [C], or [C,1,1] in other code."""
    return any(sum(side > 1 for side in weight["shape"]) > 1 for weight in node["weights"])


def _reads(node: Row, at: Mapping[str, int]) -> tuple[int, ...]:
    found = [at.get(name, -1) for name in node["inputs"]]
    return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)
