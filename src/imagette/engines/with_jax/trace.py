"""The graph of a pure function of JAX, from its jaxpr for a few images.

Every primitive is recorded with the scopes that its code stood in, in the same operations as a
walked network: one cost system. What does not depend on the image costs nothing an image.
"""

from collections import Counter
from dataclasses import replace

from jax import Array

from imagette.engines.meanings import NUM_IMAGES, PART, Batch, Foreign, Row, Seen
from imagette.engines.with_jax.naming import weights_of
from imagette.engines.with_jax.primitives import row_of
from imagette.engines.with_jax.program import Program, Step, Value, program_of
from imagette.engines.with_jax.pure import PureNetwork, Tree
from imagette.engines.with_jax.reach import (
    Like,
    check_calls,
    check_gradients,
    checked_call,
    pictures,
)
from imagette.errors import UsageError
from imagette.network.graph import Graph, Shape, Weight
from imagette.network.operations import Reshape
from imagette.network.recorder import Recorder


def trace(network: PureNetwork, input_shape: Shape, classes: int) -> Graph:
    """The graph of `network` in evaluation mode, for one image of `input_shape` [C,H,W].

    Weights have the library's own names and shapes. Raises UsageError if the network does not run,
    does not return [B,classes], has a parameter that no gradient reaches in training, or a state
    that changes its form.
    """
    weights = weights_of(network)
    check_calls(network, input_shape, classes)
    reader = _read(network, input_shape, weights)
    number = reader.number(reader.program.outputs[0])
    if number is None:
        raise UsageError(f"What {network.name} returns does not depend on the image: use it.")
    check_gradients(network, input_shape)
    graph = reader.recorder.graph(classes)
    used = {weight.name for weight in graph.weights}
    rest = tuple(weight for weight in weights if weight.name not in used)
    return replace(graph, output=number, unattached=rest, random_paths=("module",))


def _read(network: PureNetwork, input_shape: Shape, weights: tuple[Weight, ...]) -> "Reader":
    """Reads it for as many images as nothing else that the network computes has along an axis."""
    for num_images in NUM_IMAGES:
        images = pictures(network, input_shape, num_images)
        program = evaluation_program(network, network.params, network.state, images)
        reader = Reader(network, program, num_images, weights).read()
        if not reader.ambiguous:
            break
    return reader


def evaluation_program(network: PureNetwork, params: Tree, state: Tree, images: Like) -> Program:
    """What the network computes in evaluation, of the leaves of params and state, then the images.

    Only the shapes of the arguments matter.
    """

    def logits(params: Tree, state: Tree, images: Array) -> Array:
        return checked_call(network, params, state, images, training=False)[0]

    return program_of(logits, params, state, images)


class Reader:
    """Reads a program step by step, and knows which node or which weights each value comes from."""

    def __init__(
        self,
        network: PureNetwork,
        program: Program,
        num_images: int,
        weights: tuple[Weight, ...],
    ) -> None:
        self.program = program
        self.values: dict[str, int] = {}  # what the node of each path made
        self.ambiguous = False  # a value had two axes of the batch's size
        self._batch = Batch(num_images)
        self._pictures_last = network.axes == "NHWC"
        images = len(weights)
        self._numbers = {images: 0}  # of values that depend on the images
        self.recorder = Recorder(self._shape(program.shapes[images]))
        self._weights: dict[int, tuple[Weight, ...]] = {n: (w,) for n, w in enumerate(weights)}
        self._further: dict[int, int] = {}  # what else a call made: the call's number
        self._taken: Counter[str] = Counter()

    def read(self) -> "Reader":
        """Itself, once it has recorded every step."""
        for step in self.program.steps:
            self._record(step)
        return self

    def number(self, value: Value) -> int | None:
        """The n of Xn if it depends on the images: a node's output, or part of what one made."""
        if not isinstance(value, int):
            return None
        if (made_by := self._further.get(value)) is not None and value not in self._numbers:
            shapes = (self.recorder.shape(made_by),)
            seen = Seen({}, (), shapes, self._shape(self.program.shapes[value]), False)
            self._node("", PART, seen, (made_by,), (), value)
        return self._numbers.get(value)

    def _record(self, step: Step) -> None:
        numbers = {v: n for v in step.inputs if (n := self.number(v)) is not None}
        given = [value for value in step.inputs if isinstance(value, int)]
        weights = {w.name: w for value in given for w in self._weights.get(value, ())}
        if not numbers:  # made of weights alone: the same for every image
            self._weights.update((value, tuple(weights.values())) for value in step.outputs)
            return
        images = [value for value in given if value in numbers]
        sources = tuple(numbers[value] for value in images)
        seen, made = self._seen(step, images), step.outputs[0]
        node = self._node(step.scope, row_of(step), seen, sources, tuple(weights.values()), made)
        self._further.update((value, node) for value in step.outputs[1:])

    def _node(
        self,
        scope: str,
        row: Row,
        seen: Seen,
        sources: tuple[int, ...],
        weights: tuple[Weight, ...],
        made: int,
    ) -> int:
        meaning = row.meaning(seen)
        path = f"{scope}.{row.function}" if scope else row.function
        self._taken[path] += 1
        path = f"{path}{self._taken[path]}"
        self.values[path] = made
        number = self._numbers[made] = self.recorder.node(
            Foreign(),
            path,
            sources,
            meaning.operations if meaning else (Reshape(seen.inputs[0], seen.output),),
            weights,
            meaning.hyper_parameters if meaning else {},
            function=row.function,
            uncounted=meaning is None,
        )
        return number

    def _seen(self, step: Step, images: list[int]) -> Seen:
        shapes, result = self.program.shapes, self.program.shapes[step.outputs[0]]
        about = {
            "operands": [self.program.shape(value) for value in step.inputs],
            "axis": self._batch.axis(shapes[images[0]]),
            "result_axis": self._batch.axis(result),
        }
        return Seen(
            {**step.equation.params, **about},
            {str(n) for n, value in enumerate(step.inputs) if value in images},
            tuple(self._shape(shapes[value]) for value in images),
            self._shape(result),
            all(map(self._batched, (*(shapes[value] for value in images), result))),
        )

    def _shape(self, shape: Shape) -> Shape:
        """What one image has; pictures as [C,H,W], as everywhere in a graph."""
        each = self._batch.one_image(shape)
        is_picture = len(each) == 3 and len(shape) == 4 and shape[0] == self._batch.size
        return (each[2], *each[:2]) if is_picture and self._pictures_last else each

    def _batched(self, shape: Shape) -> bool:
        num_axes = shape.count(self._batch.size)
        self.ambiguous |= num_axes > 1
        return num_axes == 1
