"""Which trainable weights are moved how: groups of a recipe, by patterns over weights' names.

Both engines read the one assignment made here. Rates reach them as columns of a step plan: column 0
is the optimiser's own rate, column i + 1 that of group i; in a recipe without groups there is
column 0 alone. As many columns again are those of a second optimiser, for what the first leaves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from imagette.errors import UsageError
from imagette.network.graph import Graph
from imagette.recipe.optimisers import Muon, movers
from imagette.spec import Spec


class Group(Spec):
    """The weights whose names `match` ("*batchnorm*.bias"): their rate, and their decay if given.

    `rate` multiplies the optimiser's; `decay` takes the place of the optimiser's own.
    """

    match: str
    rate: float = Field(1.0, ge=0)
    decay: float | None = Field(None, ge=0)


@dataclass(frozen=True)
class Assignment:
    """How one weight is moved: by which optimiser, at the rate of which column, with what decay."""

    optimiser: Any
    column: int
    decay: float


def assign(optimiser: Any, groups: Sequence[Group], graph: Graph) -> dict[str, Assignment]:
    r"""The assignment of every trainable weight of `graph`, by name; the first group that matches.

    Raises UsageError for a group that takes no weight, naming the nearest.

    >>> from imagette import parse, walk
    >>> from imagette.recipe.optimisers import SGD
    >>> graph = walk(parse("flatten\nlinear classes"), (1, 4, 4), 10)
    >>> found = assign(SGD(decay=0.1), [Group(match="*.bias", decay=0.0)], graph)
    >>> {name: (one.column, one.decay) for name, one in found.items()}
    {'linear1.weight': (0, 0.1), 'linear1.bias': (1, 0.0)}
    """
    names = [weight.name for weight in graph.weights if weight.trainable]
    taken = {name: _first_match(name, groups) for name in names}
    for number, group in enumerate(groups):
        if number not in taken.values():
            raise UsageError(_takes_none(number, group, names))
    left = _left_by(optimiser, graph)
    return {
        name: _assignment(movers(optimiser), name in left, groups, number)
        for name, number in taken.items()
    }


def is_frozen(name: str, groups: Sequence[Group]) -> bool:
    """Whether the group that takes this weight has a rate of 0."""
    number = _first_match(name, groups)
    return number is not None and groups[number].rate == 0


def column_rates(optimiser: Any, groups: Sequence[Group]) -> NDArray[np.float32]:
    """The rate of every column at a schedule's factor of 1, [G]."""
    scales = [1.0, *(group.rate for group in groups)]
    return np.array([one.rate * scale for one in movers(optimiser) for scale in scales], np.float32)


def _left_by(optimiser: Any, graph: Graph) -> set[str]:
    """The weights that the optimiser leaves to another: all of Muon's that are no inner matrices.

    Raises UsageError if it would move none.
    """
    if not isinstance(optimiser, Muon):
        return set()
    weights = [(node, w) for node in graph.nodes for w in node.weights if w.trainable]
    matrices = [(node, w.name) for node, w in weights if len(w.shape) > 1]
    last = matrices[-1][0] if matrices and matrices[-1][0].function == "linear" else None
    moved = {name for node, name in matrices if node is not last}
    if not moved:
        raise UsageError(
            "recipe.optimiser: muon moves weights of two or more dimensions before the last linear "
            "layer, of which this network has none: take adamw."
        )
    return {w.name for _, w in weights} - moved


def _first_match(name: str, groups: Sequence[Group]) -> int | None:
    matches = (number for number, one in enumerate(groups) if fnmatchcase(name, one.match))
    return next(matches, None)


def _assignment(
    optimisers: Sequence[Any], left: bool, groups: Sequence[Group], number: int | None
) -> Assignment:
    optimiser, first = optimisers[left], left * (1 + len(groups))
    if number is None:
        return Assignment(optimiser, first, optimiser.decay)
    own = groups[number].decay
    return Assignment(optimiser, first + number + 1, optimiser.decay if own is None else own)


def _takes_none(number: int, group: Group, names: Sequence[str]) -> str:
    if any(fnmatchcase(name, group.match) for name in names):
        return (
            f"recipe.groups: all that '{group.match}' matches is taken by groups before it, of "
            f"which the first that matches counts: put it before them. Got it as number {number}."
        )
    near = get_close_matches(group.match.replace("*", ""), names, n=3, cutoff=0.3) or names[:3]
    return (
        f"recipe.groups: a match must be the name of a trainable weight, or a pattern of some. "
        f"Got '{group.match}'; there are {', '.join(near)}, ..."
    )
