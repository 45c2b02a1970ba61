"""Runs the nodes of a graph in order, in torch."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from imagette.arrays import Weights as Arrays
from imagette.engines.with_torch.layers import Call, Function, lower_layer
from imagette.network.graph import Graph

Weights = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class _Step:
    """A node made ready: what it reads, what it may forget, and its weights' two names."""

    path: str
    function: Function
    inputs: tuple[int, ...]
    output: int
    spent: tuple[int, ...]  # tensors that no later node reads
    weights: tuple[tuple[str, str], ...]  # ("weight", "conv1.weight")


class Forward:
    """The network's function; images in are float [B,C,H,W], already normalised."""

    def __init__(self, graph: Graph) -> None:
        last_use = {tensor: node.index for node in graph.nodes for tensor in node.inputs}
        self._num_tensors = 1 + max(node.output for node in graph.nodes)
        self._weights = graph.weights
        self._steps = [
            _Step(
                path=node.path,
                function=lower_layer(node),
                inputs=node.inputs,
                output=node.output,
                spent=tuple(t for t in dict.fromkeys(node.inputs) if last_use[t] == node.index),
                weights=tuple((w.name.rpartition(".")[2], w.name) for w in node.weights),
            )
            for node in graph.nodes
        ]

    def changed(self, change: Callable[[str, Function], Function]) -> "Forward":
        """The same with other functions: `change` takes the path of each node and its own."""
        other = copy(self)
        other._steps = [
            replace(one, function=change(one.path, one.function)) for one in self._steps
        ]
        return other

    def tensors(self, weights: Arrays, device: torch.device) -> dict[str, Tensor]:
        """New leaf tensors of these values, for training."""
        return {
            weight.name: _laid_out(weights[weight.name], device).requires_grad_(weight.trainable)
            for weight in self._weights
        }

    def frozen(self, weights: Arrays, device: torch.device) -> dict[str, Tensor]:
        """New tensors of these values that nothing moves."""
        return {w.name: _laid_out(weights[w.name], device) for w in self._weights}

    def train(
        self, images: Tensor, weights: Weights, keys: Mapping[str, Tensor], first: int = 0
    ) -> Tensor:
        """Logits in training mode; moves the running statistics of norms.

        Of a part of a batch, `first` is the number of its first image.
        """
        return self._run(images, weights, keys, None, {}, first)

    def evaluate(self, images: Tensor, weights: Weights) -> Tensor:
        """Logits in evaluation mode."""
        return self._run(images, weights, None, None, {})

    def activations(
        self, images: Tensor, weights: Weights, paths: Sequence[str]
    ) -> dict[str, Tensor]:
        """The outputs of the named nodes, in evaluation mode."""
        kept: dict[str, Tensor] = {}
        self._run(images, weights, None, set(paths), kept)
        return {path: kept[path] for path in paths}

    def _run(
        self,
        images: Tensor,
        weights: Weights,
        keys: Mapping[str, Tensor] | None,
        wanted: set[str] | None,
        kept: dict[str, Tensor],
        first: int = 0,
    ) -> Tensor:
        tensors: list[Tensor | None] = [None] * self._num_tensors
        tensors[0] = output = images
        for step in self._steps:
            call = Call(
                inputs=[x for i in step.inputs if (x := tensors[i]) is not None],
                weights={short: weights[full] for short, full in step.weights},
                training=keys is not None,
                keys=keys.get(step.path) if keys else None,
                first=first,
            )
            output = step.function(call)
            for i in step.spent:
                tensors[i] = None
            tensors[step.output] = output
            if wanted and step.path in wanted:
                kept[step.path] = output
        return output


def _laid_out(value: Any, device: torch.device) -> Tensor:
    """A copy on the device; kernels lie as the images do, channels last."""
    tensor = torch.from_numpy(np.array(value, np.float32)).to(device)
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor
