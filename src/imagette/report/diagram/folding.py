"""Folds what comes several times in a row, so that a deep network stays one drawing."""

from collections.abc import Sequence

from imagette.report.diagram.boxes import Box
from imagette.report.diagram.structure import Chain, Element, Fork, Repeat, Tangle

_LONGEST = 8  # elements of a chain that is looked for again


def folded(chain: Chain) -> Chain:
    """The chain with runs of like parts as one Repeat each, inside forks too.

    Alike are parts whose boxes compute the same; the channels that reach them may differ, as they
    do in a DenseNet. At each place the length is taken that folds most boxes away.
    """
    inside = tuple(_within(element) for element in chain)
    kinds = [_kind(element) for element in inside]
    joins = [isinstance(element, Box) and element.is_join for element in inside]
    found: list[Element] = []
    at = 0
    while at < len(inside):
        length, times = (1, 1) if joins[at] else _best(kinds, at)  # a part ends with its own join
        if times > 1:
            ends = range(at, at + length * times, length)
            found.append(Repeat(tuple(inside[start : start + length] for start in ends)))
        else:
            found.append(inside[at])
        at += length * times
    return tuple(found)


def rows(chain: Chain) -> int:
    """How many boxes high the chain is drawn."""
    return sum(_rows(element) for element in chain)


def _rows(element: Element) -> int:
    match element:
        case Box():
            return 1
        case Fork():
            return max(map(rows, element.lanes))
        case Tangle():
            return len(element.boxes)
        case Repeat():
            return rows(element.chains[0])


def _within(element: Element) -> Element:
    if isinstance(element, Fork):
        return Fork(tuple(map(folded, element.lanes)))
    return element


def _best(kinds: Sequence[object], at: int) -> tuple[int, int]:
    """The length of the part at this place, and how often it comes in a row."""
    best, saved = (1, 1), 0
    for length in range(1, min(_LONGEST, (len(kinds) - at) // 2) + 1):
        times = _times(kinds, at, length)
        if length * (times - 1) > saved:
            best, saved = (length, times), length * (times - 1)
    return best


def _times(kinds: Sequence[object], at: int, length: int) -> int:
    part = kinds[at : at + length]
    times = 1
    while kinds[at + times * length : at + (times + 1) * length] == part:
        times += 1
    return times


def _kind(element: Element) -> object:
    match element:
        case Box():
            return element.kind
        case Fork():
            return "fork", tuple(_chain_kind(lane) for lane in element.lanes)
        case Tangle():
            return "tangle", tuple(box.kind for box in element.boxes), len(element.ends)
        case Repeat():
            return "repeat", len(element.chains), _chain_kind(element.chains[0])


def _chain_kind(chain: Chain) -> object:
    return tuple(map(_kind, chain))
