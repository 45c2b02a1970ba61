"""Runs the nodes of a graph in order, in JAX: pure functions of weights and images."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from jax import Array
from numpy.typing import NDArray

from imagette.arrays import Weights as Arrays
from imagette.engines.with_jax.convolution import Convolve, plain, trained
from imagette.engines.with_jax.layers import Call, Function, lower_layer
from imagette.engines.with_jax.layout import as_stored, laid_out
from imagette.engines.with_jax.shards import WHOLE, Shards
from imagette.network.graph import Graph

Weights = dict[str, Array]
Keys = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class _Step:
    path: str
    function: Function
    inputs: tuple[int, ...]
    output: int
    weights: tuple[tuple[str, str], ...]  # ("weight", "conv1.weight")


class Forward:
    """The network's function; images in are float32 [B,H,W,C], already normalised."""

    def __init__(self, graph: Graph) -> None:
        self._weights = graph.weights
        self._output = graph.last.output
        self._steps = [
            _Step(
                path=node.path,
                function=lower_layer(node),
                inputs=node.inputs,
                output=node.output,
                weights=tuple((w.name.rpartition(".")[2], w.name) for w in node.weights),
            )
            for node in graph.nodes
        ]

    def start(self, arrays: Arrays) -> tuple[Weights, Weights]:
        """New arrays on the device: the trainable ones, and the others."""
        parts: tuple[Weights, Weights] = ({}, {})
        for weight in self._weights:
            parts[not weight.trainable][weight.name] = laid_out(arrays[weight.name])
        return parts

    def stored(self, weights: Weights) -> dict[str, NDArray[np.float32]]:
        """Copies in the form of checkpoints."""
        return {name: as_stored(value) for name, value in weights.items()}

    def names(self, params: Weights) -> dict[str, str]:
        """A tree like the weights, of their names."""
        return {name: name for name in params}

    def like_params(self, arrays: Arrays) -> Weights:
        """An optimiser's slot on the device, in the form of the weights that it goes with."""
        return {name: laid_out(value) for name, value in arrays.items()}

    def train(
        self,
        images: Array,
        params: Weights,
        fixed: Weights,
        keys: Keys,
        first: Array | int = 0,
        shards: Shards = WHOLE,
    ) -> tuple[Array, Weights]:
        """Logits in training mode, and the running statistics after this batch.

        Of a part of a batch, `first` is the number of its first image.
        """
        moved = dict(fixed)
        outputs = self._run(images, params | fixed, trained, keys, moved, first, shards)
        return outputs[self._output], moved

    def evaluate(self, images: Array, params: Weights, fixed: Weights) -> Array:
        """Logits in evaluation mode; every transformation of JAX works on it."""
        return self._run(images, params | fixed, plain)[self._output]

    def activations(
        self, images: Array, params: Weights, fixed: Weights, paths: Collection[str]
    ) -> dict[str, Array]:
        """The outputs of the named nodes, in evaluation mode."""
        outputs = self._run(images, params | fixed, plain)
        return {step.path: outputs[step.output] for step in self._steps if step.path in paths}

    def _run(
        self,
        images: Array,
        weights: Weights,
        convolve: Convolve,
        keys: Keys | None = None,
        moved: Weights | None = None,
        first: Array | int = 0,
        shards: Shards = WHOLE,
    ) -> dict[int, Array]:
        """All outputs by number; in training, which `keys` makes it, statistics go to `moved`."""
        tensors = {0: images}
        for step in self._steps:
            call = Call(
                inputs=[tensors[i] for i in step.inputs],
                weights={short: weights[full] for short, full in step.weights},
                training=keys is not None,
                key=keys.get(step.path) if keys else None,
                first=first,
                shards=shards,
                convolve=convolve,
            )
            tensors[step.output] = step.function(call)
            if moved is not None:
                moved.update({dict(step.weights)[short]: x for short, x in call.moved.items()})
        return tensors
