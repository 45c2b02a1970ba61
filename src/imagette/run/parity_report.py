"""What a comparison of two engines found: values, what is judged, and the verdict.

An error is max|a - b| / max(1e-3, max|b|) over a tensor; b is the experiment's own engine. Beside
it stands what rounding alone does: the error of that engine against itself, once each of its first
weights is moved to the next float32. Where that is as large, the network magnifies rounding (a
batch norm over hardly varying numbers does), and a difference says nothing of the engines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-3
"""Tensors whose largest number is smaller are compared as if it were this."""

JUDGED_STEPS = 10
"""Losses of later steps are shown and not judged: rounding grows from step to step."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far two engines may differ; the defaults are for float32 on processors."""

    logits: float = 1e-5
    gradients: float = 1e-4
    losses: float = 1e-3


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two engines, as it ran."""

    engine: str
    device: str  # in words
    precision: str
    threads: int
    versions: Mapping[str, str | None]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a tensor differs between the two, and by rounding alone, where that was tried."""

    name: str
    error: float
    rounding: float = 0.0


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """By how much the output of a node differs, with the first weights and after the steps."""

    name: str
    index: int  # it is Fn, and its output Xn
    shape: tuple[int, ...]  # of one image
    first: float
    after: float

    @property
    def error(self) -> float:
        return max(self.first, self.after)


@dataclass(frozen=True, slots=True)
class StepDifference:
    """A step's loss and number of correct images: the reference's, then the other's."""

    step: int
    losses: tuple[float, float]
    correct: tuple[int, int]
    error: float
    rounding: float

    @property
    def name(self) -> str:
        return f"step {self.step}"


@dataclass(frozen=True, slots=True)
class Check:
    """What is judged: its largest error, where that is, and the limit.

    `rounding` is the largest error, anywhere, that rounding alone makes.
    """

    what: str
    error: float
    where: str
    limit: float
    rounding: float

    @property
    def holds(self) -> bool:
        return self.error <= self.limit

    @property
    def is_telling(self) -> bool:
        """Whether the limit is above what rounding alone does."""
        return self.rounding <= self.limit


@dataclass(frozen=True)
class ParityReport:
    """What was compared and what came of it; `sides` are the reference and the other."""

    experiment: str
    network: str
    parameters: int
    data: str
    seed: int
    batch: int
    num_images: int  # of the comparison in evaluation mode
    sides: tuple[Side, Side]
    made_on: Mapping[str, Any]  # versions and machine
    nodes: tuple[NodeDifference, ...]
    logits: tuple[Difference, ...]  # in evaluation mode: with the first weights, after the steps
    gradients: tuple[Difference, ...]  # of the first step, by weight
    steps: tuple[StepDifference, ...]
    weights: tuple[Difference, ...]  # after the steps; not judged
    statistics: tuple[Difference, ...]  # running ones, after the steps; not judged
    frozen: tuple[Difference, ...]  # weights that no step moves, after the steps; not judged
    limits: Limits = Limits()

    @property
    def checks(self) -> tuple[Check, ...]:
        """Logits, gradients and the losses of the first ten steps."""
        return (
            _check("logits", self.logits, self.limits.logits),
            _check("gradients", self.gradients, self.limits.gradients),
            _check("losses", self.steps[:JUDGED_STEPS], self.limits.losses),
        )

    @property
    def agrees(self) -> bool:
        return all(check.holds for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """All values; an error that is not finite is null."""
        checks = [
            {**asdict(check), "holds": check.holds, "is_telling": check.is_telling}
            for check in self.checks
        ]
        found: dict[str, Any] = _finite({**asdict(self), "checks": checks, "agrees": self.agrees})
        return found


def error_of(a: NDArray[Any], b: NDArray[Any]) -> float:
    """max|a - b| / max(1e-3, max|b|), in float64; infinite where a number is not finite.

    >>> error_of(np.array([2.0, 1.0]), np.array([2.0, 1.5]))
    0.25
    """
    exact_a, exact_b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if not (np.isfinite(exact_a).all() and np.isfinite(exact_b).all()):
        return float("inf")
    scale = max(FLOOR, float(np.abs(exact_b).max()))
    return float(np.abs(exact_a - exact_b).max()) / scale


class _Compared(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def error(self) -> float: ...


class _Judged(_Compared, Protocol):
    @property
    def rounding(self) -> float: ...


Compared = TypeVar("Compared", bound=_Compared)


def largest(found: Sequence[Compared]) -> Compared:
    """The one of the largest error, the first of equals."""
    return max(found, key=lambda one: one.error)


def _check(what: str, found: Sequence[_Judged], limit: float) -> Check:
    worst = largest(found)
    return Check(what, worst.error, worst.name, limit, max(one.rounding for one in found))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value
