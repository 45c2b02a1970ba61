"""The operations under the layers: each has one shape rule and one cost rule.

A layer states what it computes as a few of these. The costs count what a plain loop would do on
one image; `tests/network/test_counting.py` runs such loops on numbers that tally their use, and
compares. `inside` is the same count without the taps that fall on padding.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

from imagette.network.cost import Cost
from imagette.network.errors import NetworkError
from imagette.network.tensors import Shape, shape_text
from imagette.network.window import Window

FUNCTIONS = {
    "add": Cost(additions=1),
    "multiply": Cost(multiplications=1),
    "maximum": Cost(maximums=1),
    "divide": Cost(divisions=1),
    "exp": Cost(transcendentals=1),
    "log": Cost(transcendentals=1),
    "erf": Cost(transcendentals=1),
    "tanh": Cost(transcendentals=1),
    "rsqrt": Cost(transcendentals=1),
}
"""The elementary functions of one or two numbers, and what one application costs."""

Fold = Literal["add", "maximum"]
"""The functions that reduce many numbers to one."""


class Operation(ABC):
    """Something computed on one image, of known input shapes."""

    in_place: ClassVar[bool] = False  # may write its output over its input

    @property
    @abstractmethod
    def output_shape(self) -> Shape: ...

    @property
    @abstractmethod
    def cost(self) -> Cost: ...

    @property
    def inside(self) -> Cost:
        return self.cost


@dataclass(frozen=True)
class Convolve(Operation):
    """A convolution without bias.

    Shape: [C,H,W] to [channels, H', W'] by the window's rule.
    Cost, per output element: taps = C / groups * kh * kw multiplications and taps - 1 additions.
    """

    input: Shape
    channels: int
    window: Window
    groups: int = 1

    @property
    def output_shape(self) -> Shape:
        return (self.channels, *self.window.places(*self.input[1:]))

    @property
    def cost(self) -> Cost:
        elements, depth = prod(self.output_shape), self.input[0] // self.groups
        taps = depth * self.window.taps
        return Cost(multiplications=taps, additions=taps - 1) * elements

    @property
    def inside(self) -> Cost:
        taps, places = self.window.taps_inside(*self.input[1:])
        products = taps * self.input[0] // self.groups
        return Cost(multiplications=products, additions=products - places) * self.channels


@dataclass(frozen=True)
class MatMul(Operation):
    """A matrix times a vector, without bias.

    Shape: [F] to [features].
    Cost, per output element: F multiplications and F - 1 additions.
    """

    input: Shape
    features: int

    @property
    def output_shape(self) -> Shape:
        return (self.features,)

    @property
    def cost(self) -> Cost:
        (taps,) = self.input
        return Cost(multiplications=taps, additions=taps - 1) * self.features


@dataclass(frozen=True)
class Products(Operation):
    """Several products of two matrices that both come from the image.

    Shape: [times, rows, inner] by [times, inner, columns] to [times, rows, columns].
    Cost, per output element: inner multiplications and inner - 1 additions.
    """

    times: int
    rows: int
    inner: int
    columns: int

    @property
    def output_shape(self) -> Shape:
        return (self.times, self.rows, self.columns)

    @property
    def cost(self) -> Cost:
        each = Cost(multiplications=self.inner, additions=self.inner - 1)
        return each * prod(self.output_shape)


@dataclass(frozen=True)
class ReduceWindow(Operation):
    """Each window of each channel folded into one number.

    Shape: [C,H,W] to [C,H',W'] by the window's rule.
    Cost, per output element: taps - 1 times the folding function.
    """

    input: Shape
    window: Window
    function: Fold

    @property
    def output_shape(self) -> Shape:
        return (self.input[0], *self.window.places(*self.input[1:]))

    @property
    def cost(self) -> Cost:
        return FUNCTIONS[self.function] * (prod(self.output_shape) * (self.window.taps - 1))

    @property
    def inside(self) -> Cost:
        taps, places = self.window.taps_inside(*self.input[1:])
        return FUNCTIONS[self.function] * ((taps - places) * self.input[0])


@dataclass(frozen=True)
class Reduce(Operation):
    """Some axes folded away.

    Shape: the input's, without `axes`.
    Cost, per output element: k - 1 times the folding function, k being the elements folded into it.
    """

    input: Shape
    axes: tuple[int, ...]
    function: Fold

    @property
    def output_shape(self) -> Shape:
        return tuple(size for axis, size in enumerate(self.input) if axis not in self.axes)

    @property
    def cost(self) -> Cost:
        return FUNCTIONS[self.function] * (prod(self.input) - prod(self.output_shape))


@dataclass(frozen=True)
class Elementwise(Operation):
    """A chain of elementary functions on every element; the other operand may be broadcast.

    Shape: unchanged.
    Cost, per element: the sum of the functions' own.
    """

    input: Shape
    functions: tuple[str, ...]
    in_place: ClassVar[bool] = True

    @property
    def output_shape(self) -> Shape:
        return self.input

    @property
    def cost(self) -> Cost:
        each = sum((FUNCTIONS[function] for function in self.functions), Cost())
        return each * prod(self.input)


@dataclass(frozen=True)
class Reshape(Operation):
    """The same elements in the same C,H,W order under another shape.

    Shape: as given, of as many elements.
    Cost: none, nothing moves.
    """

    input: Shape
    shape: Shape
    in_place: ClassVar[bool] = True

    @property
    def output_shape(self) -> Shape:
        return self.shape

    @property
    def cost(self) -> Cost:
        return Cost()


@dataclass(frozen=True)
class Concatenate(Operation):
    """Tensors joined along their first axis.

    Shape: [C1,H,W], [C2,H,W], ... to [C1+C2+...,H,W]; the other axes must agree.
    Cost: none.
    """

    inputs: tuple[Shape, ...]

    @property
    def output_shape(self) -> Shape:
        if len({shape[1:] for shape in self.inputs}) > 1:
            shapes = ", ".join(map(shape_text, self.inputs))
            raise NetworkError(
                f"the branches end in different heights and widths: {shapes}; "
                "give each the same strides, and pad=same to its kernels"
            )
        return (sum(shape[0] for shape in self.inputs), *self.inputs[0][1:])

    @property
    def cost(self) -> Cost:
        return Cost()
