"""The first values of a network's weights, drawn in NumPy: the same for every engine."""

from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from imagette.engines.random import bits
from imagette.network.graph import Graph, Weight
from imagette.words import uniform


def first_weights(graph: Graph, seed: int) -> dict[str, NDArray[np.float32]]:
    """Every weight of `graph` by name, float32.

    Convolutions and linear layers, weight and bias: uniform within +-1/sqrt(fan in), what torch's
    layers do by default. Norms: weight 1, bias 0, running mean 0, running variance 1.
    """
    values = {}
    for node in graph.nodes:
        for weight in node.weights:
            values[weight.name] = _first_value(weight, node.weights[0], node.function, seed)
    return values


def _first_value(weight: Weight, kernel: Weight, function: str, seed: int) -> NDArray[np.float32]:
    kind = weight.name.rpartition(".")[2]
    if function in ("conv", "linear"):
        bound = 1 / sqrt(prod(kernel.shape[1:]))
        drawn = uniform(bits(seed, f"weights.{weight.name}", 0, weight.size))
        return ((2 * drawn - 1) * bound).astype(np.float32).reshape(weight.shape)
    fill = 1.0 if kind in ("weight", "var") else 0.0
    return np.full(weight.shape, fill, np.float32)
