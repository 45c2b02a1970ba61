"""An ONNX graph under construction: nodes in order, and the arrays that they read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.network.graph import Node


@dataclass(slots=True)
class Builder:
    """What grows while the nodes are lowered. Tensors are passed by their names."""

    opset: int
    nodes: list[Any] = field(default_factory=list)  # NodeProto
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def op(self, where: str, kind: str, *inputs: str, **attributes: Any) -> str:
        """One ONNX operator, named after the layer it is of; returns the name of its output."""
        from onnx import helper

        name = self._free(where, kind)
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def array(self, name: str, value: NDArray[Any]) -> str:
        """An array of the file, kept once under its name."""
        given = np.ascontiguousarray(value)
        held = self.arrays.setdefault(name, given)
        assert np.array_equal(held, given, equal_nan=True), f"two arrays are called {name}"
        return name

    def _free(self, where: str, kind: str) -> str:
        """`conv1`, or where a layer takes several operators `gelu1.Erf`, `gelu1.Mul`, ..."""
        first = f"{where}.{kind}"
        name, number = first, 2
        while name in self.names:
            name, number = f"{first}{number}", number + 1
        self.names.add(name)
        return name


@dataclass(frozen=True, slots=True)
class Call:
    """One node to lower: what it reads, and the weights it uses by their last name."""

    node: Node
    inputs: tuple[str, ...]
    weights: Mapping[str, NDArray[np.float32]]
    builder: Builder

    @property
    def x(self) -> str:
        return self.inputs[0]

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self.builder.op(self.node.path, kind, *inputs, **attributes)

    def weight(self, name: str) -> str:
        """A weight as it is, under the name it has in the run; "" if the layer has none such."""
        value = self.weights.get(name)
        return "" if value is None else self.constant(name, value)

    def by_channel(self, name: str) -> str:
        """A weight [C] that is broadcast over pixels where the input has any."""
        value = self.weights[name]
        dims = len(self.node.input_shapes[0])
        return self.constant(name, value.reshape(-1, *(1,) * (dims - 1)))

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """An array that belongs to this layer."""
        return self.builder.array(f"{self.node.path}.{name}", value)

    def number(self, name: str, value: float) -> str:
        return self.constant(name, np.array(value, np.float32))

    def integers(self, name: str, *values: int) -> str:
        """Shapes and axes, which ONNX wants as int64."""
        return self.constant(name, np.array(values, np.int64))
