"""Nodes of networks as a diagram reads them."""

from typing import Any

from imagette.network.catalogue import named, names
from imagette.network.table import cost_table
from imagette.network.text import parse
from imagette.network.walk import walk

GREY = {"cnn_mnist", "convnext_mini", "lenet5"}
INCEPTION = """
conv 16 3x3 pad=same
branches {
  { conv 8 1x1 }
  { conv 8 1x1; relu; conv 16 3x3 pad=same }
  { maxpool 3 stride=1 pad=same }
}
mean
linear classes
"""
NAMES = (*names(), "inception")


def nodes_of(name: str) -> list[dict[str, Any]]:
    network = parse(INCEPTION) if name == "inception" else named(name)
    graph = walk(network, (1, 28, 28) if name in GREY else (3, 32, 32))
    return list(cost_table(graph).as_json()["nodes"])


def node(
    number: int, reads: tuple[int, ...], function: str = "conv", **more: Any
) -> dict[str, Any]:
    """One of other code: it reads several tensors if it likes, and keeps the shape."""
    shape = [8, 4, 4]
    counts = {"multiplications": 100, "additions": 10, "maximums": 0}
    return {
        "fn": f"F{number}",
        "path": f"own{number}",
        "function": function,
        "hyper_parameters": {},
        "inputs": [f"X{read}" for read in reads],
        "output": f"X{number}",
        "input_shapes": [shape] * len(reads),
        "output_shape": shape,
        "weights": [{"name": "weight", "shape": [8, 8], "trainable": True}],
        "parameters": 64,
        "cost": counts,
    } | more
