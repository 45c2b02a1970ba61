"""What a walk settles: the nodes of a network, in order, with every shape, weight and cost.

X0 is the input, X1, X2, ... the outputs of F1, F2, ... Shapes are `(C, H, W)` or `(F,)`, without
the batch. Cost table, engines and exporters all read these values, so they cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from imagette.network.cost import Cost
from imagette.network.layers import Layer
from imagette.network.tensors import Shape, Weight

__all__ = ["Graph", "HyperParameter", "Node", "Shape", "Weight"]

HyperParameter = int | float | str | bool | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One elementary function Fn: where it stands, what it reads and makes, what it costs."""

    index: int  # its number n: it is Fn, and its output is Xn
    path: str  # "residual1.conv2"
    function: str  # "conv", "relu", "add", ...
    layer: Layer  # what an engine lowers; for the joins of containers, Add() or Concatenate()
    hyper_parameters: Mapping[str, HyperParameter]
    inputs: tuple[int, ...]  # numbers of the tensors read
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    weights: tuple[Weight, ...]
    cost: Cost  # forward, one image
    backward: Cost  # of its convolution or matrix product alone
    inside: Cost  # forward again, but without the taps that fall on padding
    in_place: bool  # may write its output over its input
    uncounted: bool = False  # its cost is not known: a function of other code that we do not know

    @property
    def output(self) -> int:
        return self.index

    @property
    def parameters(self) -> int:
        return sum(weight.size for weight in self.weights if weight.trainable)


@dataclass(frozen=True, slots=True)
class Graph:
    """A walked network: what `walk(network, input_shape, classes)` returns."""

    input_shape: Shape
    classes: int
    nodes: tuple[Node, ...]
    unattached: tuple[Weight, ...] = ()  # of other code: kept and restored, read by no node
    random_paths: tuple[str, ...] = ()  # what draws anew at each step: dropouts, other code
    output: int | None = None  # number of the tensor that is returned; None: the last node's

    @property
    def last(self) -> Node:
        """The node whose output is the network's."""
        return self.nodes[-1 if self.output is None else self.output - 1]

    @property
    def weights(self) -> tuple[Weight, ...]:
        """Every weight once, in order of first use."""
        used = {w.name: w for node in self.nodes for w in node.weights}
        return (*used.values(), *self.unattached)

    @property
    def parameters(self) -> int:
        """Trainable parameters, shared ones counted once."""
        return sum(weight.size for weight in self.weights if weight.trainable)

    @property
    def non_trainable(self) -> int:
        return sum(weight.size for weight in self.weights if not weight.trainable)

    @property
    def cost(self) -> Cost:
        """Forward, one image."""
        return sum((node.cost for node in self.nodes), Cost())

    @property
    def backward(self) -> Cost:
        return sum((node.backward for node in self.nodes), Cost())

    @property
    def inside(self) -> Cost:
        return sum((node.inside for node in self.nodes), Cost())
