"""What the calls of other code compute, in the operations that the network language is made of.

Each engine watches a foreign network in its own way and has its own table of rows; what a row is,
and how the batch is told from the other axes, is the same. Shapes come without the batch. A call
without a row, or made as its row does not foresee, is recorded as uncounted, never as free.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from imagette.network import operations as op
from imagette.network.graph import HyperParameter, Shape
from imagette.network.layer import Layer


@dataclass(frozen=True)
class Foreign(Layer):
    """Stands in a graph for what other code computes: nothing lowers it, its own code runs."""

    word = "foreign"


NUM_IMAGES = (11, 13, 17, 19)
"""Batches to try, unlikely sizes of anything else, so that the batch is told from other axes."""


@dataclass(frozen=True)
class Batch:
    """Tells the batch by its unlikely size.

    >>> Batch(11).one_image((3, 11, 5)), Batch(11).one_image((33, 5))
    ((3, 5), (3, 5))
    """

    size: int

    def axis(self, shape: Shape) -> int | None:
        """Where it is, alone or merged with another axis, as in [B*T,F]."""
        merged = (axis for axis, size in enumerate(shape) if size % self.size == 0)
        return shape.index(self.size) if self.size in shape else next(merged, None)

    def one_image(self, shape: Shape) -> Shape:
        """What one image has of a tensor: its shape without the batch, wherever that is."""
        axis = self.axis(shape)
        if axis is None:
            return shape
        each = shape[axis] // self.size
        return (*shape[:axis], *((each,) if shape[axis] != self.size else ()), *shape[axis + 1 :])


@dataclass(frozen=True)
class Seen:
    """One call: its arguments as they came, the shapes of what depends on the image, the result."""

    arguments: Mapping[str, Any]
    varying: Collection[str]  # the arguments that depend on the image
    inputs: tuple[Shape, ...]
    output: Shape
    batched: bool  # those inputs and the output each have the batch as an axis of its own


class Unforeseen(Exception):
    """Called in a way whose cost the row does not know."""


def foreseen(condition: bool) -> None:
    if not condition:
        raise Unforeseen


@dataclass(frozen=True)
class Meaning:
    """What a call computes on one image."""

    operations: tuple[op.Operation, ...]
    hyper_parameters: Mapping[str, HyperParameter] = field(default_factory=dict)


Rule = Callable[[Seen], Meaning]


@dataclass(frozen=True)
class Row:
    """What the table calls a function, whatever its arguments, and what it computes."""

    function: str
    rule: Rule
    moves: bool = False  # computes nothing, wherever the batch is

    def meaning(self, seen: Seen) -> Meaning | None:
        """None where the cost is not known."""
        try:
            foreseen(seen.batched or self.moves)
            meaning = self.rule(seen)
            foreseen(meaning.operations[-1].output_shape == seen.output)
        except Exception:  # whatever a rule trips over, it did not foresee
            return None
        return meaning


def elementwise(function: str, *steps: str, **foreseen_values: Any) -> Row:
    """The result's every element takes these steps; a broadcast operand costs no more."""

    def rule(seen: Seen) -> Meaning:
        # Two batches on different axes make every pair of images: not a cost of one image.
        foreseen(all(len(shape) == len(seen.output) for shape in seen.inputs))
        foreseen(all(seen.arguments.get(k, v) == v for k, v in foreseen_values.items()))
        return Meaning((op.Elementwise(seen.output, steps),))

    return Row(function, rule)


def movement(function: str) -> Row:
    """Elements in another shape or order: nothing is computed."""
    return Row(function, lambda seen: Meaning((op.Reshape(seen.inputs[0], seen.output),)), True)


def _nothing(_seen: Seen) -> Meaning:
    raise Unforeseen


def unknown(function: str) -> Row:
    """A row that foresees nothing."""
    return Row(function, _nothing)


PART = movement("part")
"""Stands for a tensor that is part of what a call made or wrote over."""
