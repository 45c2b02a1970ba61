"""Layers of layers that are written alike become one definition, with what differs as parameters.

`compile_nest` gives the lines of one of them; two whose lines are the same but for numbers share a
definition. Numbers that all of its uses have in common stay numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from imagette.export.source.expression import HOLE, Expression, Hole, Number, number_text
from imagette.export.source.structure import Item, Nest, nests

_BEST_NAMES = ("channels", "features", "inputs", "heads", "groups", "rate")
"""Where one parameter stands for several roles, it is called by the first of these."""

_SECOND_NAMES = {"features": "hidden", "channels": "width"}


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function made for one or several uses."""

    name: str
    parameters: tuple[str, ...]
    lines: tuple[str, ...]
    uses: tuple[Nest, ...]


Calls = Mapping[str, Expression]
"""The path of a layer of layers to what makes it: `Residual(16)`."""

Compile = Callable[[Nest, Calls], tuple[Expression, ...]]


def definitions(
    items: tuple[Item, ...], compile_nest: Compile, name_of: Callable[[Nest], str]
) -> tuple[tuple[Definition, ...], dict[str, Expression]]:
    """All definitions, inner ones first, and how each layer of layers is made with them."""
    made: list[Definition] = []
    calls: dict[str, Expression] = {}
    by_height: dict[int, list[Nest]] = {}
    for nest in nests(items):
        by_height.setdefault(nest.height, []).append(nest)
    for height in sorted(by_height):
        alike: dict[tuple[str, ...], list[tuple[Nest, tuple[Expression, ...]]]] = {}
        for nest in by_height[height]:
            lines = compile_nest(nest, calls)
            alike.setdefault(tuple(line.text for line in lines), []).append((nest, lines))
        for group in alike.values():
            name = _free(name_of(group[0][0]), [one.name for one in made])
            definition, own_calls = _defined(name, group)
            made.append(definition)
            calls |= own_calls
    return tuple(made), calls


def _defined(
    name: str, group: Sequence[tuple[Nest, tuple[Expression, ...]]]
) -> tuple[Definition, dict[str, Expression]]:
    holes = [[hole for line in lines for hole in line.holes] for _, lines in group]
    places = list(zip(*holes, strict=True))  # one a hole, of all uses
    names = _parameters(places)
    words = [
        names.get(_values(place), number_text(place[0].value))  # the same for all: a number
        for place in places
    ]
    texts, used = [], 0
    for line in group[0][1]:
        texts.append(line.filled(words[used : used + len(line.holes)]))
        used += len(line.holes)
    uses = tuple(nest for nest, _ in group)
    calls = {
        nest.path: Expression(
            f"{name}({', '.join(HOLE for _ in names)})",
            tuple(Hole(word, values[number]) for values, word in names.items()),
        )
        for number, nest in enumerate(uses)
    }
    return Definition(name, tuple(names.values()), tuple(texts), uses), calls


def _values(place: Sequence[Hole]) -> tuple[Number, ...]:
    return tuple(hole.value for hole in place)


def _parameters(places: Sequence[Sequence[Hole]]) -> dict[tuple[Number, ...], str]:
    """A name for each row of numbers that are not all the same."""
    roles: dict[tuple[Number, ...], list[str]] = {}
    for place in places:
        if len(set(_values(place))) > 1:
            roles.setdefault(_values(place), []).append(place[0].role)
    names: dict[tuple[Number, ...], str] = {}
    for values, called in roles.items():
        best = next((name for name in _BEST_NAMES if name in called), called[0])
        taken = list(names.values())
        names[values] = _free(_SECOND_NAMES.get(best, best) if best in taken else best, taken)
    return names


def _free(name: str, taken: Sequence[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found
