"""The diagram of a network as an SVG: boxes, branches and what passes them by, drawn from nodes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from imagette.report.colours import BLUE, ORANGE
from imagette.report.diagram import layout
from imagette.report.diagram.boxes import Box, Row, boxes, label, operations
from imagette.report.diagram.folding import folded, rows
from imagette.report.diagram.layout import chain_size, size_of
from imagette.report.diagram.structure import (
    Chain,
    Element,
    Fork,
    Repeat,
    Tangle,
    boxes_of,
    structure,
)
from imagette.report.language import Language, language
from imagette.report.names import shown
from imagette.report.spelling import shape

_LARGEST_UNFOLDED = 16  # boxes high
_TALLEST = 440  # pixels of a column, about
_WIDEST = 1100
_MARGIN = 12
_END = 28  # height of the input's and the output's pill
_MOST_SIGNS = 21  # of a line of text in a box
_LONG = 17  # signs: from there on they are set smaller
_SHORTEST = 0.5  # pixels of a line that is seen
_SMALL = 'font-size="10" fill-opacity=".75"'
_LINE = 'fill="none" stroke="currentColor" stroke-opacity=".55"'


def diagram(nodes: Sequence[Row], say: Language | None = None) -> str:
    """The SVG of a network, from its nodes as `describe --json` writes them, at least one.

    Each box says what it computes, its parameters and operations, and its share of all operations
    by the length of the line at its foot; shapes [C,H,W] or [F] stand on the lines. Parts that come
    several times in a row are drawn once. All is drawn in `currentColor` and two colours that can
    be told apart on light and dark ground. Words are English unless `say` is another language.

    >>> from imagette import cost_table, named, walk
    >>> nodes = cost_table(walk(named("lenet_cifar"), (3, 32, 32))).as_json()["nodes"]
    >>> "6×28×28" in diagram(nodes)
    True
    """
    say = say or language("en")
    made = boxes(nodes)
    chain = structure(made)
    if rows(chain) > _LARGEST_UNFOLDED:
        chain = folded(chain)
    columns = layout.columns_of(chain, _TALLEST, _WIDEST)
    pen = _Pen(say, operations(nodes) or 0)
    sizes = [chain_size(column) for column in columns]
    height = max(size.height for size in sizes) + 2 * (_END + layout.EDGE) + 2 * _MARGIN
    width = layout.width_of(columns) + 2 * _MARGIN
    inside = "\n".join(_columns(columns, nodes, pen))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{0.75 * width:.2f}pt" '
        f'height="{0.75 * height:.2f}pt" viewBox="0 0 {width:g} {height:g}" '
        f'font-family="sans-serif" font-size="12" fill="currentColor">\n'
        f"<title>{escape(say('diagram.title'))}</title>\n{inside}\n</svg>\n"
    )


def _columns(columns: Sequence[Chain], nodes: Sequence[Row], pen: "_Pen") -> Iterator[str]:
    left, came_from = float(_MARGIN), None
    for number, column in enumerate(columns):
        size = chain_size(column)
        x, y = left + size.axis, float(_MARGIN)
        if came_from is None:
            yield from pen.end(x, y, pen.say("diagram.input"), nodes[0]["input_shapes"][0])
            y += _END + layout.EDGE
        else:
            yield from pen.turn(came_from, (x, y), left - layout.COLUMNS_APART / 2)
            y += layout.EDGE
        yield from pen.chain(column, x, y)
        came_from = (x, y + size.height)
        left += size.width + layout.COLUMNS_APART
        if number == len(columns) - 1:
            yield from pen.end(x, came_from[1], pen.say("diagram.output"), None)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws elements; x is where the line comes in, y the upper edge."""

    say: Language
    all_operations: int

    def chain(self, chain: Chain, x: float, y: float) -> Iterator[str]:
        for element in chain:
            yield from self.element(element, x, y)
            y += size_of(element).height

    def element(self, element: Element, x: float, y: float) -> Iterator[str]:
        match element:
            case Box():
                yield from self.box(element, x, y)
                below = y + layout.box_height(element)
                yield from self.edge(x, below, below + layout.EDGE, element.output_shape)
            case Fork():
                yield from self.fork(element, x, y)
            case Tangle():
                yield from self.tangle(element, x, y)
            case Repeat():
                yield from self.repeat(element, x, y)

    def box(self, box: Box, x: float, y: float) -> Iterator[str]:
        left, width, height = x - layout.BOX_WIDTH / 2, layout.BOX_WIDTH, layout.box_height(box)
        ground, strength = _ground(box)
        yield f"<g><title>{escape(self.told(box))}</title>"
        yield (
            f'<rect x="{left:g}" y="{y:g}" width="{width}" height="{height:g}" rx="5" '
            f'fill="{ground}" fill-opacity="{strength}" stroke="currentColor" stroke-opacity=".4"/>'
        )
        yield f'<path d="M{x - 4:g} {y - 6:g}h8l-4 6z" fill-opacity=".7"/>'
        at = y + layout.PAD + 12
        indent = 15 + 7 * max(3, *(len(node["fn"]) for node in box.nodes), 0)
        for node in box.nodes:
            yield _text(left + 8, at, shown(node["fn"], 6), _SMALL)
            words = shown(label(node), _MOST_SIGNS)
            yield _text(left + indent, at, words, 'font-size="11"' if len(words) > _LONG else "")
            at += layout.LINE
        if layout.has_cost(box):
            yield from self.cost(box, left, at, y + height)
        yield "</g>"

    def cost(self, box: Box, left: float, at: float, foot: float) -> Iterator[str]:
        if box.parameters:
            text = self.say("diagram.parameters", n=box.parameters)
            yield _text(left + 8, at - 1, text, _SMALL)
        count = box.operations
        if count is None:
            text = self.say("network.not_counted")
        else:
            text = self.say("diagram.operations", n=self.say.scaled(count)) if count else ""
        yield _text(left + layout.BOX_WIDTH - 8, at - 1, text, f'{_SMALL} text-anchor="end"')
        length = (layout.BOX_WIDTH - 4) * (count or 0) / max(1, self.all_operations)
        if length >= _SHORTEST:
            place = f'x="{left + 2:g}" y="{foot - 3:g}" width="{length:.1f}" height="3"'
            yield f'<rect {place} fill="{BLUE}"/>'

    def told(self, box: Box) -> str:
        """What a pointer or a screen reader is told: every node in full."""
        return "\n".join(self.told_of(node) for node in box.nodes)

    def told_of(self, node: Row) -> str:
        count = operations([node])
        known = self.say("network.not_counted") if count is None else self.say.integer(count)
        reads = zip(node["inputs"], node["input_shapes"], strict=True)
        return self.say(
            "diagram.node",
            fn=node["fn"],
            path=shown(node["path"]),
            function=shown(node["function"]),
            reads=", ".join(f"{name} {shape(sides)}" for name, sides in reads),
            makes=f"{node['output']} {shape(node['output_shape'])}",
            parameters=node["parameters"],
            operations=known,
        )

    def edge(self, x: float, y: float, end: float, sides: Sequence[int] | None) -> Iterator[str]:
        yield f'<path d="M{x:g} {y:g}V{end:g}" {_LINE}/>'
        if sides is not None:
            yield _text(x + 7, y + 16, shape(tuple(sides)), 'font-size="11"')

    def fork(self, fork: Fork, x: float, y: float) -> Iterator[str]:
        size = size_of(fork)
        left, end = x - size.axis, y + size.height
        top, foot = y + layout.FORK_ABOVE, end - layout.FORK_BELOW
        for lane, start in zip(fork.lanes, layout.lane_starts(fork), strict=True):
            inside = chain_size(lane)
            at = left + start + inside.axis
            yield f'<path d="{_bend(x, y, at, top, y + 6)}V{top:g}" {_LINE}/>'
            yield from self.chain(lane, at, top)
            if top + inside.height < foot:
                yield f'<path d="M{at:g} {top + inside.height:g}V{foot:g}" {_LINE}/>'
            yield f'<path d="{_bend(at, foot, x, end, foot)}V{end:g}" {_LINE}/>'

    def repeat(self, repeat: Repeat, x: float, y: float) -> Iterator[str]:
        size, inside = size_of(repeat), repeat.chains[0]
        left, foot = x - size.axis, y + size.height - layout.EDGE
        every = tuple(box for one in repeat.chains for box in boxes_of(one))
        yield (
            f'<rect x="{left:g}" y="{y:g}" width="{size.width:g}" height="{foot - y:g}" rx="8" '
            f'{_LINE} stroke-dasharray="5 4"/>'
        )
        yield _text(left + 9, y + 16, f"× {len(repeat.chains)}", 'font-weight="bold"')
        total = self.say("diagram.together", n=sum(box.parameters for box in every))
        yield _text(left + size.width - 9, y + 16, total, f'{_SMALL} text-anchor="end"')
        yield f'<path d="M{x:g} {y:g}V{y + layout.FRAME_TITLE:g}" {_LINE}/>'
        yield from self.chain(inside, x, y + layout.FRAME_TITLE)
        yield from self.edge(x, foot, foot + layout.EDGE, every[-1].output_shape)

    def tangle(self, tangle: Tangle, x: float, y: float) -> Iterator[str]:
        """Boxes under each other; lines run down their right, one lane for each that is read."""
        top, foot = y, y + size_of(tangle).height
        y += layout.FORK_ABOVE
        place = {}
        for box in tangle.boxes:
            yield from self.box(box, x, y)
            place[box.index] = (y, y + layout.box_height(box))
            y += layout.box_height(box) + layout.EDGE
        for number, (source, targets) in enumerate(_lines(tangle), 1):
            start = place[source][1] if source in place else top
            side = x + layout.BOX_WIDTH / 2 + layout.ARC * number
            stops = [place[one][0] if one in place else foot for one in targets]
            yield f'<path d="M{x:g} {start:g}v5H{side:g}V{max(stops) - 10:g}" {_LINE}/>'
            for stop in stops:
                yield f'<path d="M{side:g} {stop - 10:g}H{x:g}V{stop:g}" {_LINE}/>'

    def end(self, x: float, y: float, word: str, sides: Sequence[int] | None) -> Iterator[str]:
        """The pill of the input, with its shape on the line below, or of the output."""
        width = 16 + 7 * len(word)
        yield (
            f'<rect x="{x - width / 2:g}" y="{y:g}" width="{width:g}" height="{_END}" '
            f'rx="{_END / 2:g}" {_LINE}/>'
        )
        yield _text(x, y + 18, word, 'text-anchor="middle"')
        if sides is not None:
            yield from self.edge(x, y + _END, y + _END + layout.EDGE, sides)

    def turn(
        self, start: tuple[float, float], end: tuple[float, float], between: float
    ) -> Iterator[str]:
        """From the foot of a column to the head of the next."""
        (x, y), (to, top) = start, end
        path = f"M{x:g} {y:g}v6H{between:g}V{top:g}H{to:g}V{top + layout.EDGE:g}"
        yield f'<path d="{path}" {_LINE}/>'


def _text(x: float, y: float, text: str, look: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" {look}>{escape(text)}</text>' if text else ""


def _ground(box: Box) -> tuple[str, float]:
    if box.is_join:
        return ORANGE, 0.16
    return (BLUE, 0.14) if box.parameters else ("none", 0)


def _bend(x: float, y: float, to: float, end: float, at: float) -> str:
    """Down to the height `at`, then across, with a round corner."""
    if x == to:
        return f"M{x:g} {y:g}V{end:g}"
    return f"M{x:g} {y:g}V{at:g}H{to:g}"


def _lines(tangle: Tangle) -> list[tuple[int, tuple[int, ...]]]:
    """Each box that is read, -2 for what comes before, with those that read it, -1 for the end."""
    inside = {box.index for box in tangle.boxes}
    found: dict[int, list[int]] = {-2: list(tangle.starts)}
    for box in tangle.boxes:
        for read in box.reads:
            if read in inside:
                found.setdefault(read, []).append(box.index)
    for end in tangle.ends:
        found.setdefault(end, []).append(-1)
    return [(source, tuple(targets)) for source, targets in found.items() if targets]
