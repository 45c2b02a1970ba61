"""The same program with fewer operators: affine maps join weights beside them, ReLUs their maker.

An affine map is a factor and a term a channel: the normalisation of pixels, a batch norm, a scale.
It joins the weights before it, or after it where no padding comes between; what remains becomes a
depthwise 1x1 convolution, an operator that every runtime has, with integers as well.
"""

from dataclasses import replace

import numpy as np

from imagette.export.litert.program import ONCE, Array, Assembler, Op, Program, compacted

_CHANNELS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0, "AFFINE": 0}
"""What an affine map can join, and along which axis its first constant has the channels."""

_WITH_RELU = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "AFFINE"}
_FUSED = "fusedActivationFunction"


def simplified(program: Program) -> Program:
    """Normalisations and scales within the weights, ReLUs within what makes their input."""
    joined = _Joining(program)
    for op in program.ops:
        joined.take(op)
    return compacted(_placed(replace(program, tensors=tuple(joined.tensors), ops=joined.ops)))


class _Joining:
    def __init__(self, program: Program) -> None:
        self.tensors = list(program.tensors)
        self._reads = program.reads()
        self._made: dict[int, int] = {}  # a tensor to the place of its maker among the operators
        self._ops: list[Op | None] = []  # None where one has joined a later one

    @property
    def ops(self) -> tuple[Op, ...]:
        return tuple(op for op in self._ops if op)

    def take(self, op: Op) -> None:
        at = self._made.get(op.inputs[0], -1)
        maker = self._ops[at] if at >= 0 else None
        if maker is None or self._reads[op.inputs[0]] > 1 or _FUSED in maker.options:
            self._put(len(self._ops), op)
        elif op.kind == "AFFINE" and maker.kind in _CHANNELS:
            self._put(at, self._after(maker, op))
        elif op.kind == "RELU" and maker.kind in _WITH_RELU:
            options = {**maker.options, _FUSED: "RELU"}
            self._put(at, replace(maker, output=op.output, options=options))
        elif maker.kind == "AFFINE" and self._sees_no_padding(op):
            self._ops[at] = None
            self._put(len(self._ops), self._before(maker, op))
        else:
            self._put(len(self._ops), op)

    def _put(self, at: int, op: Op) -> None:
        self._made[op.output] = at
        self._ops[at : at + 1] = [op]

    def _sees_no_padding(self, op: Op) -> bool:
        """Whether all that the weights of this operator meet has been through the affine map."""
        if op.kind == "CONV_2D" and op.options["padding"] == "VALID":
            channels = self.tensors[op.inputs[0]].shape[-1]
            return self.tensors[op.inputs[1]].shape[-1] == channels  # without groups
        return op.kind == "FULLY_CONNECTED"

    def _after(self, maker: Op, affine: Op) -> Op:
        x, weight, bias = maker.inputs
        scale, shift = (self._values(i) for i in affine.inputs[1:])
        old = self._values(weight)
        along = [1] * old.ndim
        along[_CHANNELS[maker.kind]] = -1
        new = old * scale.reshape(along), self._values(bias) * scale + shift
        constants = self._constants((weight, bias), new)
        return replace(maker, inputs=(x, *constants), output=affine.output)

    def _before(self, affine: Op, op: Op) -> Op:
        """Both lay their weights with the outputs first and the inputs' channels last."""
        _, weight, bias = op.inputs
        scale, shift = (self._values(i) for i in affine.inputs[1:])
        old = self._values(weight)
        carried = (old * shift).reshape(len(old), -1).sum(1)
        constants = self._constants((weight, bias), (old * scale, self._values(bias) + carried))
        return replace(op, inputs=(affine.inputs[0], *constants))

    def _values(self, number: int) -> Array:
        data = self.tensors[number].data
        assert data is not None, "weights are constants"
        return data.astype(np.float64)

    def _constants(self, like: tuple[int, int], values: tuple[Array, Array]) -> tuple[int, int]:
        for number, data in zip(like, values, strict=True):
            self.tensors.append(replace(self.tensors[number], data=data.astype(np.float32)))
        return len(self.tensors) - 2, len(self.tensors) - 1


def _placed(program: Program) -> Program:
    """The affine maps that joined nothing, as operators that there are."""
    add = Assembler(list(program.tensors))
    for op in program.ops:
        add.path = op.path
        if op.kind != "AFFINE":
            add.ops.append(op)
        elif len(add.tensors[op.output].shape) == 4:
            _depthwise(add, op)
        else:
            _product_and_sum(add, op)
    return add.program(program.input, program.output)


def _depthwise(add: Assembler, op: Op) -> None:
    x, scale, shift = op.inputs
    factors = add.tensors[scale]
    assert factors.data is not None, "factors are constants"
    laid = factors.data.reshape(1, 1, 1, -1)
    weight = add.tensor(replace(factors, shape=laid.shape, data=laid))
    options = {"padding": "VALID", "depthMultiplier": 1, **ONCE, **op.options}
    add.ops.append(Op("DEPTHWISE_CONV_2D", (x, weight, shift), op.output, op.path, options))


def _product_and_sum(add: Assembler, op: Op) -> None:
    """Of features in a row: a depthwise kernel takes minutes for some thousand channels."""
    x, scale, shift = op.inputs
    scaled = add.apply("MUL", (x, scale), add.tensors[op.output].shape[1:], name="scaled")
    add.ops.append(Op("ADD", (scaled, shift), op.output, op.path, op.options))
