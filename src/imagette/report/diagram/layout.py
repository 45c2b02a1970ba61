"""Where everything of a diagram goes: the size of each element, in pixels, before it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from imagette.report.diagram.boxes import Box
from imagette.report.diagram.structure import Chain, Element, Fork, Repeat, Tangle

BOX_WIDTH = 180
LINE = 16  # height of a line of text
PAD = 6  # inside a box, above and below
EDGE = 26  # from a box to what follows, with room for a shape
BYPASS = 18  # width of a lane without boxes
LANES_APART = 20
FORK_ABOVE, FORK_BELOW = 18, 12
FRAME = 14  # from a frame to what it holds
FRAME_TITLE = 24
COLUMNS_APART = 44
ARC = 14  # from one side line of a tangle to the next


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height, and how far from the left the line goes in and out."""

    width: float
    axis: float
    height: float


def size_of(element: Element) -> Size:
    """How much room an element takes, the edge to the next one included."""
    match element:
        case Box():
            return Size(BOX_WIDTH, BOX_WIDTH / 2, box_height(element) + EDGE)
        case Fork():
            return _fork_size(element)
        case Tangle():
            height = FORK_ABOVE + sum(box_height(box) + EDGE for box in element.boxes)
            return Size(BOX_WIDTH + ARC * (len(element.boxes) + 1), BOX_WIDTH / 2, height)
        case Repeat():
            inside = chain_size(element.chains[0])
            return Size(
                inside.width + 2 * FRAME,
                inside.axis + FRAME,
                inside.height + FRAME_TITLE + EDGE,
            )


def chain_size(chain: Chain) -> Size:
    """Elements under each other, their lines in one line."""
    if not chain:
        return Size(BYPASS, BYPASS / 2, 0)
    sizes = [size_of(element) for element in chain]
    axis = max(size.axis for size in sizes)
    right = max(size.width - size.axis for size in sizes)
    return Size(axis + right, axis, sum(size.height for size in sizes))


def box_height(box: Box) -> float:
    """A line for each node, and one for what they cost."""
    return 2 * PAD + LINE * (len(box.nodes) + has_cost(box))


def has_cost(box: Box) -> bool:
    """Whether a box says what it costs: a change of shape has nothing to say."""
    return bool(box.parameters or box.operations or box.operations is None)


def lane_starts(fork: Fork) -> tuple[float, ...]:
    """Where each lane of a fork begins, from its left."""
    starts, at = [], 0.0
    for lane in fork.lanes:
        starts.append(at)
        at += chain_size(lane).width + LANES_APART
    return tuple(starts)


def columns_of(chain: Chain, tallest: float, widest: float) -> tuple[Chain, ...]:
    """The chain cut into columns of about one height, not much over `tallest` where there is room.

    All together are at most `widest`, if one column is. A join stays under what it joins.
    """
    height = sum(size_of(element).height for element in chain)
    counts = range(max(1, round(height / tallest + 0.3)), 1, -1)
    cuts = (_cut(chain, count) for count in counts)
    return next((columns for columns in cuts if width_of(columns) <= widest), (chain,))


def width_of(columns: Sequence[Chain]) -> float:
    """Of columns beside each other."""
    widths = [chain_size(column).width for column in columns]
    return sum(widths) + COLUMNS_APART * (len(widths) - 1)


def _cut(chain: Chain, count: int) -> tuple[Chain, ...]:
    heights = [size_of(element).height for element in chain]
    total = sum(heights)
    columns: list[Chain] = []
    start, begun = 0, 0.0
    for at, height in enumerate(heights):
        before = sum(heights[:at])
        is_full = before + height / 2 - begun > (total - begun) / (count - len(columns))
        if at > start and is_full and len(columns) < count - 1 and not _is_join(chain[at]):
            columns.append(chain[start:at])
            start, begun = at, before
    return (*columns, chain[start:])


def _is_join(element: Element) -> bool:
    return isinstance(element, Box) and element.is_join


def _fork_size(fork: Fork) -> Size:
    sizes = [chain_size(lane) for lane in fork.lanes]
    starts = lane_starts(fork)
    width = starts[-1] + sizes[-1].width
    height = FORK_ABOVE + max(size.height for size in sizes) + FORK_BELOW
    return Size(width, _fork_axis(fork, sizes, starts), height)


def _fork_axis(fork: Fork, sizes: Sequence[Size], starts: Sequence[float]) -> float:
    """Over the middle of the lanes; a lane that only passes by leaves the others in line."""
    axes = [
        start + size.axis
        for lane, start, size in zip(fork.lanes, starts, sizes, strict=True)
        if lane
    ]
    return (axes[0] + axes[-1]) / 2
