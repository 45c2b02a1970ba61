"""The cost table of a graph: what `describe` prints, `describe --json` and `cost.json` hold."""

from dataclasses import dataclass
from math import prod
from typing import Any

from imagette import notebook
from imagette.network.cost import OPERATIONS, Cost
from imagette.network.graph import Graph, Node, Shape
from imagette.network.tensors import shape_text

BYTES = 4
"""Of one float32."""


@dataclass(frozen=True, slots=True)
class CostTable:
    """A network's size and cost on one image, in total and node by node."""

    input_shape: Shape
    parameters: int  # trainable, shared ones once
    non_trainable: int
    cost: Cost  # forward
    backward: Cost
    inside: Cost  # forward, without the taps that fall on padding
    nodes: tuple[Node, ...]
    peak_activation_bytes: int  # inference, float32

    @property
    def uncounted(self) -> tuple[str, ...]:
        """The paths of what other code computes and we do not know: not in any total."""
        return tuple(node.path for node in self.nodes if node.uncounted)

    def _repr_html_(self) -> str:
        cost = self.cost
        return notebook.table(
            f"{self.parameters:,} parameters, {cost.total:,} operations an image",
            ("Fn", "path", "function", "output", "parameters", *OPERATIONS),
            map(_node_as_row, self.nodes),
            f"{cost.multiplications:,} multiplications, {cost.additions:,} additions, "
            f"{cost.maximums:,} maximums; {self.non_trainable:,} non-trainable; "
            f"{self.peak_activation_bytes:,} bytes of activations at the peak",
        )

    def as_json(self) -> dict[str, Any]:
        """The object of `describe --json` and `cost.json`."""
        return {
            **({"uncounted": list(self.uncounted)} if self.uncounted else {}),
            "parameters": self.parameters,
            "non_trainable": self.non_trainable,
            "cost": self.cost.as_json(),
            "nodes": [_node_as_json(node) for node in self.nodes],
            "peak_activation_bytes": self.peak_activation_bytes,
        }


def cost_table(graph: Graph) -> CostTable:
    """Size and cost of a walked network.

    >>> from imagette.network.text import parse
    >>> from imagette.network.walk import walk
    >>> cost_table(walk(parse("flatten; linear classes"), (1, 28, 28))).parameters
    7850
    """
    return CostTable(
        input_shape=graph.input_shape,
        parameters=graph.parameters,
        non_trainable=graph.non_trainable,
        cost=graph.cost,
        backward=graph.backward,
        inside=graph.inside,
        nodes=graph.nodes,
        peak_activation_bytes=peak_activation_bytes(graph),
    )


def peak_activation_bytes(graph: Graph) -> int:
    """The most memory that activations take at once: inference, one image, float32.

    While Fn runs, its inputs and its output are alive, and every earlier tensor that a later node
    reads. An elementwise node writes over an input that nothing reads later, so its output takes
    none; neither does a change of shape.
    """
    sizes = [prod(graph.input_shape), *(prod(node.output_shape) for node in graph.nodes)]
    last_read = {n: node.index for node in graph.nodes for n in node.inputs}
    alive, peak = {0}, sizes[0]
    for node in graph.nodes:
        done = {n for n in node.inputs if last_read[n] == node.index}
        # Of what is done only a tensor as large can hold the output: not a gate's factors.
        overwrites = node.in_place and any(sizes[n] == sizes[node.output] for n in done)
        held = sum(sizes[n] for n in alive)
        peak = max(peak, held + (0 if overwrites else sizes[node.output]))
        alive = (alive - done) | {node.output}
    return BYTES * peak


def _node_as_row(node: Node) -> list[str | int]:
    counts = ["uncounted" if node.uncounted else getattr(node.cost, kind) for kind in OPERATIONS]
    output = f"X{node.output} {shape_text(node.output_shape)}"
    return [f"F{node.index}", node.path, node.function, output, node.parameters, *counts]


def _node_as_json(node: Node) -> dict[str, Any]:
    return {
        "fn": f"F{node.index}",
        "path": node.path,
        "function": node.function,
        "hyper_parameters": {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in node.hyper_parameters.items()
        },
        "inputs": [f"X{n}" for n in node.inputs],
        "output": f"X{node.output}",
        "input_shapes": [list(shape) for shape in node.input_shapes],
        "output_shape": list(node.output_shape),
        "weights": [
            {"name": weight.name, "shape": list(weight.shape), "trainable": weight.trainable}
            for weight in node.weights
        ],
        "parameters": node.parameters,
        "cost": None if node.uncounted else node.cost.as_json(),
    }
