"""Makes the nodes of a graph, one after the other: for the walk, and for tracers of other code.

Whoever finds out what a network computes, from its layers or by watching it run, says it here in
operations; numbers, costs and the backward rule then cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from imagette.network.cost import Cost
from imagette.network.graph import Graph, HyperParameter, Node
from imagette.network.layer import Layer
from imagette.network.operations import Convolve, MatMul, Operation
from imagette.network.tensors import Shape, Weight, check_elements


@dataclass(slots=True)
class Recorder:
    """The nodes so far. Tensors are passed by their number n; X0 is the input."""

    input_shape: Shape
    nodes: list[Node] = field(default_factory=list)
    _learnt: list[bool] = field(default_factory=lambda: [False])  # a gradient flows through Xn

    def shape(self, tensor: int) -> Shape:
        return self.nodes[tensor - 1].output_shape if tensor else self.input_shape

    def node(
        self,
        layer: Layer,
        path: str,
        sources: tuple[int, ...],
        operations: tuple[Operation, ...],
        weights: tuple[Weight, ...],
        hyper_parameters: Mapping[str, HyperParameter],
        *,
        function: str = "",
        uncounted: bool = False,
    ) -> int:
        """Adds Fn and returns n; its output is that of the last operation.

        `function` names it where the layer's own word does not; `uncounted` says that its cost is
        not known, so that no table shows it as 0.
        """
        output_shape = operations[-1].output_shape
        for weight in weights:
            check_elements(weight.name, weight.shape, "take fewer channels or features")
        remedy = "take fewer channels, less padding or larger strides"
        check_elements("its output", output_shape, remedy)
        cost = sum((operation.cost for operation in operations), Cost())
        learnt_input = any(self._learnt[n] for n in sources)
        self._learnt.append(learnt_input or any(weight.trainable for weight in weights))
        node = Node(
            index=len(self.nodes) + 1,
            path=path,
            function=function or layer.word,
            layer=layer,
            hyper_parameters=hyper_parameters,
            inputs=sources,
            input_shapes=tuple(map(self.shape, sources)),
            output_shape=output_shape,
            weights=weights,
            cost=cost,
            backward=_backward(operations, cost, learnt_input, weights),
            inside=sum((operation.inside for operation in operations), Cost()),
            in_place=all(operation.in_place for operation in operations),
            uncounted=uncounted,
        )
        self.nodes.append(node)
        return node.output

    def graph(self, classes: int) -> Graph:
        drawn = tuple(node.path for node in self.nodes if node.function == "dropout")
        return Graph(self.input_shape, classes, tuple(self.nodes), random_paths=drawn)


def _backward(
    operations: tuple[Operation, ...],
    cost: Cost,
    learnt_input: bool,
    weights: tuple[Weight, ...],
) -> Cost:
    """As much again for the kernel's gradient unless frozen, and for the input's if needed."""
    if not any(isinstance(operation, Convolve | MatMul) for operation in operations):
        return Cost()
    kernels = [weight for weight in weights if len(weight.shape) > 1]
    frozen = bool(kernels) and not any(kernel.trainable for kernel in kernels)
    return cost * (learnt_input + (not frozen))
