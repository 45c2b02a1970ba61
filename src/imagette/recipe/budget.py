"""What a network and its training may cost: refused before training, or planned for.

`minutes` is wall-clock time from the command's start, set-up and compilation included.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from pydantic import Field, PositiveInt, model_validator

from imagette.network.graph import Node
from imagette.network.table import BYTES, CostTable
from imagette.spec import Spec

NAMED: Mapping[str, Mapping[str, Any]] = {"250k-1h": {"parameters": 250_000, "minutes": 60.0}}
"""The budgets by name. The course's own: 250,000 is strict; 262,144 (2^18) can be asked for."""

LARGEST = 3


class Budget(Spec):
    """Each limit is kept where it is given; a `name` gives those that are not.

    `parameters` are trainable ones, `operations` those of one image forward, `model_bytes` all
    weights in float32, `activation_bytes` the peak in inference, one image, float32, buffers
    reused: what a microcontroller asks.

    >>> Budget(name="250k-1h").parameters, Budget(name="250k-1h", parameters=262_144).minutes
    (250000, 60.0)
    """

    name: Literal["250k-1h"] | None = None
    parameters: PositiveInt | None = None
    minutes: float | None = Field(None, gt=0)
    operations: PositiveInt | None = None
    model_bytes: PositiveInt | None = None
    activation_bytes: PositiveInt | None = None

    @model_validator(mode="before")
    @classmethod
    def _filled_by_its_name(cls, values: Any) -> Any:
        if not isinstance(values, dict) or not isinstance(values.get("name"), str):
            return values
        given = {key: value for key, value in values.items() if value is not None}
        return {**NAMED.get(values["name"], {}), **given}

    @property
    def seconds(self) -> float | None:
        return None if self.minutes is None else 60 * self.minutes


def model_bytes(table: CostTable) -> int:
    """All weights in float32, non-trainable ones too."""
    return BYTES * (table.parameters + table.non_trainable)


@dataclass(frozen=True)
class Limit:
    """A limit as given, what a network has of it, and what each of its nodes has."""

    key: str
    most: int
    has: int
    unit: str
    of_node: Callable[[Node], int]
    remedy: str

    @property
    def is_kept(self) -> bool:
        return self.has <= self.most

    def complaint(self, table: CostTable) -> str:
        """By how much the network is over the limit, and its largest nodes."""
        largest = sorted(table.nodes, key=self.of_node, reverse=True)[:LARGEST]
        named = ", ".join(f"{node.path} {self.of_node(node):,}" for node in largest)
        return (
            f"the network has {self.has:,} {self.unit}, {self.has - self.most:,} more than "
            f"budget.{self.key} = {self.most:,} allows. Largest: {named}. {self.remedy}"
        )


def limits(budget: Budget, table: CostTable) -> tuple[Limit, ...]:
    """Every limit of the budget but time, against a network's cost table.

    >>> from imagette.network import cost_table, named, walk
    >>> table = cost_table(walk(named("vgg8"), (3, 32, 32)))
    >>> [(one.key, one.has, one.is_kept) for one in limits(Budget(parameters=250_000), table)]
    [('parameters', 551722, False)]
    """
    narrower = "Make them narrower, or all by network.width below 1."
    smaller = "Pool earlier, or take strides, or fewer channels where pictures are large."
    weights, peak = model_bytes(table), table.peak_activation_bytes
    every = (
        ("parameters", table.parameters, "trainable parameters", _parameters, narrower),
        ("operations", table.cost.total, "operations an image", _operations, smaller),
        ("model_bytes", weights, "bytes of weights", _bytes, narrower),
        ("activation_bytes", peak, "bytes of activations at their peak", _alive, smaller),
    )
    return tuple(
        Limit(key, most, has, unit, of_node, remedy)
        for key, has, unit, of_node, remedy in every
        if (most := getattr(budget, key)) is not None
    )


def broken(budget: Budget, table: CostTable) -> Iterator[str]:
    """What the network breaks of the budget, a line each.

    What other code computes and we do not know has no cost, so no limit on operations holds it.
    """
    if budget.operations is not None and table.uncounted:
        yield (
            f"budget.operations cannot be checked: {', '.join(table.uncounted[:LARGEST])} is "
            "uncounted. Remove the limit, or take functions that imagette counts."
        )
    yield from (one.complaint(table) for one in limits(budget, table) if not one.is_kept)


def _parameters(node: Node) -> int:
    return node.parameters


def _operations(node: Node) -> int:
    return node.cost.total


def _bytes(node: Node) -> int:
    return BYTES * sum(weight.size for weight in node.weights)


def _alive(node: Node) -> int:
    """Its inputs, and its output where that is not written over one of them."""
    made = () if node.in_place else (node.output_shape,)
    elements: int = sum(prod(shape) for shape in (*node.input_shapes, *made))
    return BYTES * elements
