"""How boxes hang together: one after another, side by side, or neither."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from imagette.report.diagram.boxes import Box

Chain = tuple["Element", ...]
"""Elements one after another; an empty one is a line that computes nothing."""


@dataclass(frozen=True, slots=True)
class Fork:
    """Chains side by side, which begin at one place and end at one."""

    lanes: tuple[Chain, ...]


@dataclass(frozen=True, slots=True)
class Tangle:
    """Boxes that are neither: drawn under each other, with a line for each that is read."""

    boxes: tuple[Box, ...]
    starts: tuple[int, ...]  # the indices of those that read what comes before
    ends: tuple[int, ...]  # of those that what comes after reads


@dataclass(frozen=True, slots=True)
class Repeat:
    """A chain that is drawn once for several alike; `chains` are all of them, in order."""

    chains: tuple[Chain, ...]


Element = Box | Fork | Tangle | Repeat


def structure(boxes: Sequence[Box]) -> Chain:
    """The boxes of a network as a chain, each of whose forks holds chains again.

    A box stands by itself if no line passes it by; what lies between two such boxes falls into
    parts that do not read each other, and each part is taken apart in the same way.
    """
    read = {index for box in boxes for index in box.reads}
    unread = frozenset(box.index for box in boxes) - read
    return _chain(tuple(boxes), unread, passes=False)


def boxes_of(chain: Chain) -> Iterator[Box]:
    """Every box of a chain, those of repeats too, in the order of the network."""
    for element in chain:
        match element:
            case Box():
                yield element
            case Fork():
                for lane in element.lanes:
                    yield from boxes_of(lane)
            case Tangle():
                yield from element.boxes
            case Repeat():
                for one in element.chains:
                    yield from boxes_of(one)


def _chain(part: tuple[Box, ...], ends: frozenset[int], passes: bool) -> Chain:
    """`ends` are the boxes that what comes after reads; it `passes` if it reads the entry too."""
    alone = _standing_alone(part, ends, passes)
    if not alone:
        return _beside(part, ends, passes)
    found: list[Element] = []
    between: list[Box] = []
    entry = None
    for box in part:
        if box.index not in alone:
            between.append(box)
            continue
        inside = frozenset(one.index for one in between)
        around = not inside.issuperset(box.reads) if entry is None else entry in box.reads
        found += _beside(tuple(between), inside & set(box.reads), around)
        found.append(box)
        between, entry = [], box.index
    return (*found, *_beside(tuple(between), ends, entry in ends))


def _standing_alone(part: tuple[Box, ...], ends: frozenset[int], passes: bool) -> set[int]:
    """The indices of the boxes that no line passes by, in the order in which they are drawn."""
    place = {box.index: at for at, box in enumerate(part, 1)}
    last = len(part) + 1
    lines = [(place.get(read, 0), place[box.index]) for box in part for read in box.reads]
    lines += [(place[index], last) for index in ends if index in place]
    lines += [(0, last)] if passes else []
    change = [0] * (last + 2)  # a line from i to j passes the places from i + 1 to j - 1
    for start, end in lines:
        change[start + 1] += 1
        change[end] -= 1
    passed = tuple(accumulate(change))
    return {index for index, at in place.items() if not passed[at]}


def _beside(between: tuple[Box, ...], ends: frozenset[int], passes: bool) -> Chain:
    """What lies between two boxes that stand alone: nothing, chains side by side, or a tangle."""
    if not between:
        return ()
    parts = _parts(between)
    if len(parts) == 1 and not passes:
        starts = [box.index for box in between if not set(_indices(between)).issuperset(box.reads)]
        return (Tangle(between, tuple(starts), tuple(sorted(ends))),)
    lanes = tuple(_chain(part, ends & set(_indices(part)), passes=False) for part in parts)
    return (Fork((*lanes, ()) if passes else lanes),)


def _indices(part: tuple[Box, ...]) -> tuple[int, ...]:
    return tuple(box.index for box in part)


def _parts(between: tuple[Box, ...]) -> list[tuple[Box, ...]]:
    """Groups of boxes that do not read each other, in the order of their first ones."""
    group = {box.index: box.index for box in between}

    def root(index: int) -> int:
        while group[index] != index:
            index = group[index]
        return index

    for box in between:
        for read in box.reads:
            if read in group:
                first, second = sorted((root(read), root(box.index)))
                group[second] = first
    found: dict[int, list[Box]] = {}
    for box in between:
        found.setdefault(root(box.index), []).append(box)
    return [tuple(boxes) for boxes in found.values()]
