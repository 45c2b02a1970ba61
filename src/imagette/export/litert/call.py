"""What the lowerings of layers share: the node on its way into a program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.export.litert.program import Assembler, Option
from imagette.network import Node
from imagette.network.graph import Shape

Float = NDArray[np.float32]


@dataclass(slots=True)
class Call:
    """One node on its way into a program."""

    add: Assembler
    node: Node
    inputs: tuple[int, ...]
    weights: Mapping[str, Float]  # by their last name
    rows: Shape | None  # the [C,H,W] whose pixels reach this linear in H,W,C order; None: as stored
    keeps_order: bool  # of a flatten: every reader takes the pixels in H,W,C order

    @property
    def x(self) -> int:
        return self.inputs[0]

    @property
    def shape(self) -> Shape:
        """Of the output, without the batch, channels last."""
        return channels_last(self.node.output_shape)

    def bias(self, name: str, count: int) -> int:
        """That of the weights, or as many zeros."""
        return self.add.constant(name, self.weights.get(name, np.zeros(count, np.float32)))

    def unary(self, kind: str, options: Mapping[str, Option] | None = None) -> int:
        return self.add.apply(kind, (self.x,), self.shape, options)


Lowering = Callable[[Call], int]


def channels_last(shape: Shape) -> Shape:
    return (*shape[1:], shape[0])


def affine(add: Assembler, x: int, shape: Shape, scale: Any, shift: Any) -> int:
    """Each channel times `scale` plus `shift`; `simplified` gives it its place in the format."""
    factors = add.constant("scale", np.asarray(scale, np.float32))
    terms = add.constant("shift", np.asarray(shift, np.float32))
    return add.apply("AFFINE", (x, factors, terms), shape)
