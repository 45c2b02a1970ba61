"""A page as Markdown: the same blocks as text, to be written on in an editor."""

import re
from collections.abc import Iterator, Sequence

from imagette.report.blocks import (
    Block,
    Cell,
    Code,
    Drawing,
    Facts,
    Fold,
    Gallery,
    Matrix,
    Page,
    Strips,
    Table,
    Text,
    Ticks,
    Writing,
)
from imagette.report.language import Language

# What Markdown, or the HTML that it lets through, would take for its own.
# An underscore within a word is its own: commands and names stay what they are.
_SIGNS = re.compile(r"([\\`*{}\[\]<>|~&$]|(?<![^\W_])_|_(?![^\W_]))")
_AT_THE_START = re.compile(r"^([-+:#]+|=+|\d+[.)])(?=\s|$)")


def page_markdown(page: Page, say: Language) -> str:
    """The page as text: pictures become their descriptions, and names are escaped."""
    parts = [f"# {escaped(page.title)}"]
    if page.subtitle:
        parts.append(escaped(page.subtitle))
    for notice in page.notices:
        parts += _block(notice, say)
    if page.headline:
        parts += _block(page.headline, say)
    for section in page.sections:
        parts.append(f"## {escaped(section.title)}")
        for block in section.blocks:
            parts += _block(block, say)
    if page.footer:
        parts += ["---", escaped(page.footer)]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    r"""Text on one line that Markdown shows as it is.

    >>> print(escaped("a_b | <b>*c*</b>"))
    a_b \| \<b\>\*c\*\</b\>
    """
    line = _SIGNS.sub(r"\\\1", " ".join(text.split()))
    return _AT_THE_START.sub(_kept_at_the_start, line)


def _kept_at_the_start(found: re.Match[str]) -> str:
    """A sign or a number that would begin a list or a heading."""
    sign = found[1]
    return f"{sign[:-1]}\\{sign[-1]}"


def _block(block: Block, say: Language) -> Iterator[str]:
    match block:
        case Text(text, tone):
            yield escaped(text) if tone == "plain" else f"> {escaped(text)}"
        case Facts(facts):
            yield "\n".join(
                f"- {escaped(fact.name)}: **{escaped(fact.value)}**"
                + (f" ({escaped(fact.detail)})" if fact.detail else "")
                for fact in facts
            )
        case Table():
            yield from _table(block)
        case Ticks(ticks):
            yield "\n".join(
                f"- [{'x' if tick.done else ' '}] {escaped(tick.text)}"
                + (f": {escaped(tick.detail)}" if tick.detail else "")
                for tick in ticks
            )
        case Code(text):
            yield _fenced(text)
        case Fold(summary, blocks):
            yield f"**{escaped(summary)}**"
            for inner in blocks:
                yield from _block(inner, say)
        case Writing(prompt):
            yield f"*{escaped(prompt)}*"
        case Drawing(_, alt):
            yield escaped(alt)
        case Matrix():
            yield from _matrix(block, say)
        case Strips(rows, caption):
            yield "\n".join([escaped(caption), "", *(f"- {escaped(label)}" for label, _ in rows)])
        case Gallery(sprites):
            yield "\n".join(f"- {escaped(f'{one.label} {one.detail}')}" for one in sprites)


def _table(table: Table) -> Iterator[str]:
    heads = [escaped(column.title) for column in table.columns]
    rules = ["---:" if column.numeric else "---" for column in table.columns]
    rows = [*table.rows, *([table.total] if table.total else [])]
    lines = [_row(heads), _row(rules), *(_row([_cell(cell) for cell in row]) for row in rows)]
    if table.caption:
        yield escaped(table.caption)
    yield "\n".join(lines)


def _cell(cell: Cell) -> str:
    return escaped(cell.text)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fenced(text: str) -> str:
    """As it is, between more backticks than it holds in a row."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _matrix(matrix: Matrix, say: Language) -> Iterator[str]:
    corner = f"{say('matrix.true')} / {say('matrix.predicted')}"
    heads = [escaped(corner), *(escaped(name) for name in matrix.names)]
    lines = [_row(heads), _row(["---", *("---:" for _ in matrix.names)])]
    for name, counts in zip(matrix.names, matrix.counts, strict=True):
        lines.append(_row([escaped(name), *(say.integer(count) for count in counts)]))
    yield "\n".join(lines)
