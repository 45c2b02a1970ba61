"""A LiteRT model as values: tensors, and the operators that make one from another, in order.

Pictures lie as [N,H,W,C] there, features as [N,F]. A tensor that depends on the picture is written
for one picture (N = 1); the file says that N is free.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Option = int | float | bool | str
ABSENT = -1

ONCE: Mapping[str, Option] = {
    "strideH": 1,
    "strideW": 1,
    "dilationHFactor": 1,
    "dilationWFactor": 1,
}
"""Of a window that stands on every pixel, its taps side by side."""


@dataclass(frozen=True, eq=False)
class Grid:
    """How integers stand for numbers: number = scale * (integer - zero), an axis or all alike."""

    scale: NDArray[np.float32]  # [1], or one for each place along `axis`
    zero: int = 0
    axis: int = 0


@dataclass(frozen=True, eq=False)
class Tensor:
    """A constant with its `data`, or what is computed for each picture: `shape` begins with 1."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    data: Array | None = None
    grid: Grid | None = None

    @property
    def size_bytes(self) -> int:
        return prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Op:
    """One operator; `kind` is its name in the format's schema, `path` the node that it is of."""

    kind: str
    inputs: tuple[int, ...]  # numbers of tensors
    output: int
    path: str
    options: Mapping[str, Option] = field(default_factory=dict)  # by the schema's own names


@dataclass(frozen=True)
class Program:
    """Tensors by their number, the operators in order, and which tensors come and go."""

    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    input: int
    output: int

    def reads(self) -> Counter[int]:
        """How often each tensor is read; the output once more, by the caller."""
        return Counter([i for op in self.ops for i in op.inputs] + [self.output])


@dataclass(slots=True)
class Assembler:
    """Makes a program, an operator after the other; `path` says for which node."""

    tensors: list[Tensor] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    path: str = ""

    def tensor(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def constant(self, name: str, data: Array, grid: Grid | None = None) -> int:
        """A tensor that the file holds, named within the node."""
        values = np.ascontiguousarray(data)
        full = f"{self.path}.{name}"
        return self.tensor(Tensor(full, values.shape, values.dtype.name, values, grid))

    def apply(
        self,
        kind: str,
        inputs: tuple[int, ...],
        shape: tuple[int, ...],
        options: Mapping[str, Option] | None = None,
        *,
        name: str = "",
        dtype: str = "float32",
        grid: Grid | None = None,
    ) -> int:
        """A new operator; `shape` is its output's without the batch. Returns the output."""
        full = f"{self.path}.{name}" if name else self.path
        made = self.tensor(Tensor(full, (1, *shape), dtype, None, grid))
        self.ops.append(Op(kind, inputs, made, self.path, options or {}))
        return made

    def reshape(self, x: int, shape: tuple[int, ...], name: str = "") -> int:
        """The same elements in the same order, the batch left free."""
        wanted = self.constant(f"{name or 'reshape'}_shape", np.array([-1, *shape], np.int32))
        old = self.tensors[x]
        return self.apply("RESHAPE", (x, wanted), shape, name=name, dtype=old.dtype, grid=old.grid)

    def program(self, entry: int, output: int) -> Program:
        return Program(tuple(self.tensors), tuple(self.ops), entry, output)


def compacted(program: Program) -> Program:
    """Without the tensors that nothing reads any more, the rest numbered anew."""
    used = {program.input, program.output}
    used.update(i for op in program.ops for i in (*op.inputs, op.output) if i != ABSENT)
    number = {old: new for new, old in enumerate(sorted(used))} | {ABSENT: ABSENT}
    ops = tuple(
        replace(op, inputs=tuple(number[i] for i in op.inputs), output=number[op.output])
        for op in program.ops
    )
    tensors = tuple(program.tensors[old] for old in sorted(used))
    return Program(tensors, ops, number[program.input], number[program.output])


def arena_bytes(program: Program) -> int:
    """The most that tensors alive together take for one picture, in bytes.

    A microcontroller's arena holds these, and what its runtime keeps about each beside: at least
    this much.
    """
    last = {i: at for at, op in enumerate(program.ops) for i in op.inputs}
    last[program.output] = len(program.ops)
    return max(_alive(program, last))


def _alive(program: Program, last: Mapping[int, int]) -> Iterator[int]:
    alive = {program.input}
    for at, op in enumerate(program.ops):
        alive.add(op.output)
        yield sum(program.tensors[i].size_bytes for i in alive)
        alive = {i for i in alive if last.get(i, -1) > at}
