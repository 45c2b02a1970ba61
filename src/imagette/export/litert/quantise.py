"""A float32 program in integers: weights int8 for each channel, what is computed int8, sums int32.

Every tensor's grid comes from the least and greatest value that it took on training images. What a
microcontroller has no integer kernel for (layer norms, attention, log-softmax) stays float32
between a DEQUANTIZE and a QUANTIZE, a whole node at a time, and is named.

Source: Jacob et al., https://arxiv.org/abs/1712.05877, and the format's own specification,
https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from imagette.export.format import OUTPUT
from imagette.export.litert.interpreter import Range
from imagette.export.litert.program import Array, Assembler, Grid, Op, Program, Tensor, compacted

PIXELS = Grid(np.ones(1, np.float32), -128)
"""0 to 255 as int8: each pixel is its own step."""

_CHANNELS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
_FIXED = {
    "LOGISTIC": Grid(np.array([1 / 256], np.float32), -128),
    "SOFTMAX": Grid(np.array([1 / 256], np.float32), -128),
    "TANH": Grid(np.array([1 / 128], np.float32), 0),
}
"""The grids that the format prescribes for an operator's output."""

_KEEPS_GRID = {"MAX_POOL_2D", "AVERAGE_POOL_2D", "RESHAPE", "TRANSPOSE", "PAD", "PADV2"}
_OWN_GRID = {"ADD", "MUL", "MEAN", "RELU", "CONCATENATION"}
_INTEGER = {"DEQUANTIZE", *_CHANNELS, *_FIXED, *_KEEPS_GRID, *_OWN_GRID}
_MOST_BIAS = 2**30
_MOST_RESCALED = 128
"""Kernels refuse to enlarge a sum beyond: such an output is nearly constant."""


@dataclass(frozen=True)
class Quantised:
    """The program in integers, and the paths of the nodes that stay float32."""

    program: Program
    kept_float: tuple[str, ...]


def quantised(program: Program, ranges: Mapping[int, Range]) -> Quantised:
    """`ranges` has the least and greatest value of each computed tensor, by its number."""
    kept = tuple(dict.fromkeys(op.path for op in program.ops if op.kind not in _INTEGER))
    work = _Quantiser(program, shared_ranges(program, ranges), Assembler(list(program.tensors)))
    for op in program.ops:
        work.add.path = op.path
        if op.path in kept:
            work.in_float(op)
        else:
            work.in_integers(op)
    output = work.as_float(program.output)
    work.add.tensors[output] = replace(work.add.tensors[output], name=OUTPUT)
    return Quantised(compacted(work.add.program(program.input, output)), kept)


def shared_ranges(program: Program, ranges: Mapping[int, Range]) -> dict[int, Range]:
    """One range for all that is put side by side, so that nothing needs to change its grid.

    A chain of concatenations, as in a DenseNet, would else round its first members at every link.
    """
    known, group = dict(ranges), {number: {number} for number in ranges}
    for op in program.ops:
        if op.kind in _KEEPS_GRID and op.output in group:
            known[op.output] = known[op.inputs[0]]  # and not what padding fills with
        computed = [i for i in op.inputs if i in group]
        if op.kind == "CONCATENATION" or (op.kind in _KEEPS_GRID and op.output in group):
            together = set[int]().union(*(group[i] for i in (*computed, op.output)))
            group.update(dict.fromkeys(together, together))
    return {
        number: (min(known[i][0] for i in members), max(known[i][1] for i in members))
        for number, members in group.items()
    }


def grid_of(low: float, high: float) -> Grid:
    """256 steps from `low` to `high`, 0 among them and exact.

    >>> grid = grid_of(-1.0, 1.55)
    >>> round(float(grid.scale[0]), 6), grid.zero
    (0.01, -28)
    """
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / 255, 1e-9)
    zero = int(np.clip(np.round(-128 - low / scale), -128, 127))
    return Grid(np.array([scale], np.float32), zero)


@dataclass(slots=True)
class _Quantiser:
    """Where each tensor of the float32 program is to be found, in integers and in float32."""

    program: Program
    ranges: Mapping[int, Range]
    add: Assembler
    _integers: dict[int, int] = field(default_factory=dict)
    _floats: dict[int, int] = field(default_factory=dict)

    def in_float(self, op: Op) -> None:
        inputs = tuple(self.as_float(i) for i in op.inputs)
        self.add.ops.append(replace(op, inputs=inputs))
        self._floats[op.output] = op.output

    def in_integers(self, op: Op) -> None:
        self._integers[op.output] = self._rule(op)(op)

    def _rule(self, op: Op) -> Callable[[Op], int]:
        if op.kind in _CHANNELS:
            return self._weighted
        return {"DEQUANTIZE": self._pixels, "CONCATENATION": self._concatenated}.get(
            op.kind, self._plain
        )

    def as_float(self, number: int) -> int:
        """A constant as it is; a computed tensor in float32, by DEQUANTIZE if need be."""
        tensor = self.program.tensors[number]
        if tensor.data is not None or number in self._floats:
            return self._floats.get(number, number)
        made = self.add.apply("DEQUANTIZE", (self._integers[number],), tensor.shape[1:], name="out")
        self._floats[number] = made
        return made

    def as_integers(self, number: int) -> int:
        """Int8, by QUANTIZE if need be; a constant of float32 on a grid of its own."""
        tensor = self.program.tensors[number]
        if tensor.data is not None and tensor.dtype != "float32":
            return number
        if number not in self._integers:
            self._integers[number] = self._made_integers(number, tensor)
        return self._integers[number]

    def _made_integers(self, number: int, tensor: Tensor) -> int:
        if tensor.data is not None:
            grid = grid_of(float(tensor.data.min()), float(tensor.data.max()))
            return self.add.tensor(_on_grid(tensor, grid))
        return self._regridded(self._floats[number], grid_of(*self.ranges[number]))

    def _regridded(self, number: int, grid: Grid) -> int:
        shape = self.add.tensors[number].shape[1:]
        return self.add.apply("QUANTIZE", (number,), shape, name="in", dtype="int8", grid=grid)

    def _grid(self, number: int) -> Grid:
        grid = self.add.tensors[number].grid
        assert grid is not None, "it is in integers"
        return grid

    def _apply(self, op: Op, inputs: tuple[int, ...], grid: Grid) -> int:
        tensor = self.program.tensors[op.output]
        output = self.add.tensor(replace(tensor, dtype="int8", grid=grid))
        self.add.ops.append(replace(op, inputs=inputs, output=output))
        return output

    def _pixels(self, op: Op) -> int:
        made = replace(op, kind="QUANTIZE")
        return self._apply(made, op.inputs, PIXELS)

    def _plain(self, op: Op) -> int:
        first = self.as_integers(op.inputs[0])
        if op.kind == "PADV2":
            # What never wins against a pixel: the lowest integer, on the input's own grid.
            grid = self._grid(first)
            fill = self.add.constant("lowest", np.array([-128], np.int8), grid)
            return self._apply(op, (first, op.inputs[1], fill), grid)
        inputs = (first, *(self.as_integers(i) for i in op.inputs[1:]))
        if op.kind in _KEEPS_GRID:
            return self._apply(op, inputs, self._grid(first))
        steps = [float(self._grid(i).scale[0]) for i in inputs if self.add.tensors[i].grid]
        return self._apply(
            op, inputs, self._own_grid(op, prod(steps) if op.kind == "MUL" else max(steps))
        )

    def _own_grid(self, op: Op, step: float) -> Grid:
        """`step` is what one integer of a sum or product is worth before it is rescaled."""
        if op.kind in _FIXED:
            return _FIXED[op.kind]
        grid = grid_of(*self.ranges[op.output])
        finest = np.float32(step / _MOST_RESCALED)
        return grid if grid.scale[0] >= finest else replace(grid, scale=np.array([finest]))

    def _concatenated(self, op: Op) -> int:
        """All on one grid, as the integer kernel wants it."""
        grid = self._own_grid(op, 0)
        inputs = (self.as_integers(i) for i in op.inputs)
        return self._apply(op, tuple(self._on(i, grid) for i in inputs), grid)

    def _on(self, number: int, grid: Grid) -> int:
        old = self._grid(number)
        same = old.scale[0] == grid.scale[0] and old.zero == grid.zero
        return number if same else self._regridded(number, grid)

    def _weighted(self, op: Op) -> int:
        x = self.as_integers(op.inputs[0])
        weight, bias = (self.program.tensors[i] for i in op.inputs[1:])
        step = float(self._grid(x).scale[0])
        integers, sums = _weights(weight, bias, _CHANNELS[op.kind], step)
        inputs = (x, self.add.tensor(integers), self.add.tensor(sums))
        assert sums.grid is not None, "it was just made"
        return self._apply(op, inputs, self._own_grid(op, float(sums.grid.scale.max())))


def _weights(weight: Tensor, bias: Tensor, axis: int, step: float) -> tuple[Tensor, Tensor]:
    """Each channel's weights from -127 to 127; biases int32 in steps of input times weight."""
    w, b = _data(weight), _data(bias)
    others = tuple(i for i in range(w.ndim) if i != axis)
    # A channel of nearly no weight still has a bias, and its int32 must hold it.
    scale = np.maximum(np.abs(w).max(others) / 127, np.abs(b) / (step * _MOST_BIAS))
    scale = np.maximum(scale, 1e-12).astype(np.float32)
    sums = (scale * step).astype(np.float32)
    integers = Grid(scale, 0, axis)
    terms = np.round(b / sums.astype(np.float64)).astype(np.int32)
    return _on_grid(weight, integers, least=-127), replace(
        bias, dtype="int32", data=terms, grid=Grid(sums)
    )


def _data(tensor: Tensor) -> NDArray[np.float64]:
    assert tensor.data is not None, "weights are constants"
    return tensor.data.astype(np.float64)


def _on_grid(tensor: Tensor, grid: Grid, least: int = -128) -> Tensor:
    values: Array = _data(tensor)
    along = [1] * values.ndim
    along[grid.axis] = -1
    steps = np.round(values / grid.scale.astype(np.float64).reshape(along)) + grid.zero
    data = np.clip(steps, least, 127).astype(np.int8)
    return replace(tensor, dtype="int8", data=data, grid=grid)
