"""A function of JAX as a flat list of steps: what its jaxpr holds, with inner calls entered.

Values are numbered; the same inner jaxpr called twice gives steps and values of its own each time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.extend import core

ENTERED = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
}
"""Calls that compute what their inner jaxpr does, and where it is."""


@dataclass(frozen=True)
class Known:
    """A number that stands in the program itself."""

    value: Any

    @property
    def is_number(self) -> bool:
        return np.ndim(self.value) == 0


Value = int | Known


@dataclass(frozen=True)
class Step:
    """One primitive: what it reads and makes, and the scopes that its code stood in."""

    equation: core.JaxprEqn
    inputs: tuple[Value, ...]
    outputs: tuple[int, ...]
    scope: str  # "vgg8/conv2_d"

    @property
    def name(self) -> str:
        return str(self.equation.primitive.name)


@dataclass
class Program:
    """The steps in order. Values 0, 1, ... are the arguments' leaves."""

    num_inputs: int = 0
    steps: list[Step] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    constants: dict[int, Any] = field(default_factory=dict)
    shapes: list[tuple[int, ...]] = field(default_factory=list)  # of each value

    def shape(self, value: Value) -> tuple[int, ...]:
        return self.shapes[value] if isinstance(value, int) else ()

    def run(self, *arguments: Array) -> dict[int, Any]:
        """All values, for these leaves of the arguments."""
        values: dict[int, Any] = {**self.constants, **dict(enumerate(arguments))}
        for step in self.steps:
            values.update(zip(step.outputs, _computed(step, values), strict=True))
        return values

    def depends_on(self, inputs: set[int]) -> set[int]:
        """All values that those inputs have a part in."""
        found = set(inputs)
        for step in self.steps:
            if found.intersection(v for v in step.inputs if isinstance(v, int)):
                found.update(step.outputs)
        return found

    def settled(self, wanted: set[int]) -> dict[int, Any]:
        """The `wanted` values, which no argument has a part in; nothing else is computed."""
        needed, steps = set(wanted), []
        for step in reversed(self.steps):
            if needed.intersection(step.outputs):
                needed.update(v for v in step.inputs if isinstance(v, int))
                steps.append(step)
        values = dict(self.constants)
        for step in reversed(steps):
            values.update(zip(step.outputs, _computed(step, values), strict=True))
        return {value: values[value] for value in wanted}


def program_of(function: Callable[..., Any], *arguments: Any) -> Program:
    """The program that `function` is for such arguments, arrays or their shapes, in any trees."""
    closed = jax.make_jaxpr(function)(*arguments)
    program = Program()
    inputs = [_new(program, variable) for variable in closed.jaxpr.invars]
    program.num_inputs = len(inputs)
    program.outputs = _enter(program, closed.jaxpr, closed.consts, inputs, ())
    return program


def _enter(
    program: Program,
    jaxpr: core.Jaxpr,
    constants: Sequence[Any],
    inputs: Sequence[Value],
    scopes: tuple[str, ...],
) -> list[Value]:
    names: dict[core.Var, Value] = dict(zip(jaxpr.invars, inputs, strict=True))
    for variable, constant in zip(jaxpr.constvars, constants, strict=True):
        names[variable] = number = _new(program, variable)
        program.constants[number] = constant
    for equation in jaxpr.eqns:
        given = tuple(_read(names, atom) for atom in equation.invars)
        here = (*scopes, *_scopes(equation))
        inner = equation.params.get(ENTERED.get(equation.primitive.name, ""))
        if inner is not None:
            body, held = (inner.jaxpr, inner.consts) if hasattr(inner, "consts") else (inner, ())
            made = _enter(program, body, held, given, here)
        else:
            made = _stepped(program, equation, given, "/".join(here))
        names.update(zip(equation.outvars, made, strict=True))
    return [_read(names, atom) for atom in jaxpr.outvars]


def _stepped(
    program: Program, equation: core.JaxprEqn, given: tuple[Value, ...], scope: str
) -> list[Value]:
    made = [_new(program, variable) for variable in equation.outvars]
    program.steps.append(Step(equation, given, tuple(made), scope))
    return list(made)


def _new(program: Program, variable: core.Var) -> int:
    program.shapes.append(tuple(getattr(variable.aval, "shape", ())))
    return len(program.shapes) - 1


def _read(names: Mapping[core.Var, Value], atom: core.Var | core.Literal) -> Value:
    return Known(atom.val) if isinstance(atom, core.Literal) else names[atom]


def _scopes(equation: core.JaxprEqn) -> tuple[str, ...]:
    """The names of `jax.named_scope`, which modules set; not those of transformations."""
    stack = equation.source_info.name_stack.stack
    return tuple(entry.name for entry in stack if type(entry).__name__ == "Scope")


def _computed(step: Step, values: Mapping[int, Any]) -> list[Any]:
    primitive = step.equation.primitive
    given = [values[v] if isinstance(v, int) else v.value for v in step.inputs]
    bound: Any = primitive.get_bind_params(step.equation.params)
    inner, params = bound if isinstance(bound, tuple) else ((), bound)  # before and since JAX 0.10
    made = primitive.bind(*inner, *given, **params)
    return list(made) if primitive.multiple_results else [made]
