"""The same program in operators that microcontrollers have too, for a file in integers."""

from math import pi, sqrt

import numpy as np

from imagette.export.litert.program import Assembler, Op, Program

_CUBE = 0.044715
_SLOPE = 2 * sqrt(2 / pi)

NOT_MICRO = frozenset({"GELU"})
"""What LiteRT for Microcontrollers has no kernel for, of the operators that are written here."""


def portable(program: Program) -> Program:
    """GELU by its tanh form: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).

    That is within .0005 of the exact one, a small part of a step of int8, but too far for float32.
    Written as x * sigmoid(x * (a x^2 + b)), which is the same. Source: Hendrycks and Gimpel,
    https://arxiv.org/abs/1606.08415
    """
    add = Assembler(list(program.tensors))
    for op in program.ops:
        add.path = op.path
        if op.kind == "GELU":
            _tanh_form(add, op)
        else:
            add.ops.append(op)
    return add.program(program.input, program.output)


def _tanh_form(add: Assembler, op: Op) -> None:
    x, shape = op.inputs[0], add.tensors[op.output].shape[1:]
    a, b = (
        add.constant(name, np.array([value], np.float32))
        for name, value in (("cube", _CUBE * _SLOPE), ("slope", _SLOPE))
    )
    squared = add.apply("MUL", (x, x), shape, name="squared")
    cubic = add.apply("MUL", (squared, a), shape, name="cubic")
    factor = add.apply("ADD", (cubic, b), shape, name="factor")
    inner = add.apply("MUL", (x, factor), shape, name="inner")
    gate = add.apply("LOGISTIC", (inner,), shape, name="gate")
    add.ops.append(Op("MUL", (x, gate), op.output, op.path))
