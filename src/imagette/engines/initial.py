"""The first values of a network's weights, drawn in NumPy: the same for every engine."""

from collections.abc import Callable
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from imagette.engines.random import bits
from imagette.engines.whitening import whitened
from imagette.network.graph import Graph, Node, Weight
from imagette.recipe.initial import Initial
from imagette.recipe.recipe import Recipe
from imagette.words import Words, normal, uniform

Values = NDArray[np.float64]

NORMS = ("batchnorm", "layernorm")


def first_weights(
    graph: Graph,
    recipe: Recipe | None = None,
    seed: int = 0,
    sample_images: NDArray[np.float32] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Every weight of `graph` by name, float32, as `recipe.initial` and `recipe.whitening` say.

    `sample_images` [N,C,H,W], normalised, are what whitening looks at; nothing else does. Norms:
    weight 1, bias 0, running mean 0, running variance 1. Raises UsageError where the whitening
    does not fit the network.

    >>> from imagette import named, walk
    >>> first = first_weights(walk(named("softmax"), (1, 28, 28)))
    >>> float(abs(first["linear1.weight"]).max()) < 1 / 28
    True
    """
    recipe = recipe or Recipe()
    values = {
        weight.name: _first_value(weight, _kernel_of(weight, node), node, recipe.initial, seed)
        for node in graph.nodes
        for weight in node.weights
    }
    if recipe.initial.zero_last_norm:
        values |= {name: np.zeros_like(values[name]) for name in last_norms(graph)}
    if recipe.whitening:
        assert sample_images is not None, "whoever asks for a whitening brings the images"
        values |= whitened(graph, recipe.whitening, sample_images)
    return values


def last_norms(graph: Graph) -> list[str]:
    """The weights of the norms that end the body of a residual."""
    bodies = [graph.nodes[n.inputs[0] - 1] for n in graph.nodes if n.function == "add"]
    return [f"{node.path}.weight" for node in bodies if node.function in NORMS]


def _kernel_of(weight: Weight, node: Node) -> Weight:
    """The weight itself, or that which a bias goes with."""
    own = {w.name: w for w in node.weights}
    path, _, kind = weight.name.rpartition(".")
    return own.get(f"{path}.{kind.replace('bias', 'weight')}", weight)


def _first_value(
    weight: Weight, kernel: Weight, node: Node, initial: Initial, seed: int
) -> NDArray[np.float32]:
    if weight.fill is not None:
        return np.full(weight.shape, weight.fill, np.float32)
    words = bits(seed, f"weights.{weight.name}", 0, weight.size)
    if initial.name in ("default", "dirac"):
        value = _plain(words, kernel).reshape(weight.shape)
        if initial.name == "dirac" and node.function == "conv" and weight is kernel:
            _pass_through(value, node.hyper_parameters["groups"])
    elif weight is kernel:
        value = _DRAWS[initial.name](words, kernel).reshape(weight.shape)
    else:
        value = np.zeros(weight.shape)
    return value.astype(np.float32)


def _plain(words: Words, kernel: Weight) -> Values:
    return _within(words, 1 / sqrt(_fan_in(kernel)))


def _within(words: Words, bound: float) -> Values:
    return (2 * uniform(words) - 1) * bound


def _orthogonal(words: Words, kernel: Weight) -> Values:
    """Q of a matrix of normals, its signs settled by R: every such Q is then equally likely."""
    drawn = normal(words).reshape(kernel.shape[0], -1)
    wide = drawn.shape[0] < drawn.shape[1]
    q, r = np.linalg.qr(drawn.T if wide else drawn)
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return q.T if wide else q


def _pass_through(kernel: Values, groups: object) -> None:
    """The first outputs of each group become its inputs: 1 at the middle tap, 0 elsewhere."""
    assert isinstance(groups, int)
    _, depth, height, width = kernel.shape
    for group in np.split(kernel, groups):
        for channel in range(min(len(group), depth)):
            group[channel] = 0
            group[channel, channel, height // 2, width // 2] = 1


def _fan_in(kernel: Weight) -> int:
    return prod(kernel.shape[1:])


def _fan_sum(kernel: Weight) -> int:
    return _fan_in(kernel) + kernel.shape[0] * prod(kernel.shape[2:])


_DRAWS: dict[str, Callable[[Words, Weight], Values]] = {
    "kaiming_normal": lambda words, kernel: normal(words) * sqrt(2 / _fan_in(kernel)),
    "kaiming_uniform": lambda words, kernel: _within(words, sqrt(6 / _fan_in(kernel))),
    "xavier_normal": lambda words, kernel: normal(words) * sqrt(2 / _fan_sum(kernel)),
    "xavier_uniform": lambda words, kernel: _within(words, sqrt(6 / _fan_sum(kernel))),
    "orthogonal": _orthogonal,
}
