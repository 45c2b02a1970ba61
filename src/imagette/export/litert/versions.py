"""Which version of each operator a file needs: a runtime refuses one that is newer than its own.

Source: the rules of TensorFlow's `lite/tools/versioning/op_version.cc`, for what is written here.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from imagette.export.litert.program import Op, Program, Tensor

_SINCE_INT8 = {
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "FULLY_CONNECTED": 4,
    "QUANTIZE": 1,
    "RESHAPE": 1,
}
"""The version that took int8 tensors, where it is not the second."""


def operator_version(op: Op, tensors: Sequence[Tensor]) -> int:
    """The lowest version that computes this operator on these tensors."""
    rule = _RULES.get(op.kind)
    special = rule(op, tensors) if rule else None
    if special is not None:
        return special
    is_int8 = tensors[op.inputs[0]].dtype == "int8"
    return _SINCE_INT8.get(op.kind, 2) if is_int8 else 1


def operators(program: Program) -> list[dict[str, str | int]]:
    """What a runtime must have: each operator's name and version, and how often it is used."""
    found = Counter((op.kind, operator_version(op, program.tensors)) for op in program.ops)
    return [
        {"name": kind, "version": version, "count": count}
        for (kind, version), count in sorted(found.items())
    ]


def _conv(op: Op, tensors: Sequence[Tensor]) -> int | None:
    grouped = tensors[op.inputs[0]].shape[3] != tensors[op.inputs[1]].shape[3]
    return 6 if grouped else None


def _depthwise(op: Op, tensors: Sequence[Tensor]) -> int | None:
    is_int8 = tensors[op.inputs[0]].dtype == "int8"
    dilated = (op.options["dilationHFactor"], op.options["dilationWFactor"]) != (1, 1)
    return 2 if dilated and not is_int8 else None


def _multiply(op: Op, tensors: Sequence[Tensor]) -> int | None:
    grids = [tensors[number].grid for number in (*op.inputs, op.output)]
    if any(grid is None for grid in grids):
        return None
    first, second, made = (np.float32(grid.scale[0]) for grid in grids if grid)
    return 3 if first * second / made >= 1 else None


_RULES: dict[str, Callable[[Op, Sequence[Tensor]], int | None]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "MUL": _multiply,
}
