"""A page as Markdown: the same blocks as text, to be written on in an editor."""

import re
from collections.abc import Iterator, Sequence

from imagette.plain import in_markdown
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


def page_markdown(page: Page, say: Language) -> str:
    """The page as text: pictures become their descriptions, and names are escaped."""
    parts = [f"# {in_markdown(page.title)}"]
    if page.subtitle:
        parts.append(in_markdown(page.subtitle))
    for notice in page.notices:
        parts += _block(notice, say)
    if page.headline:
        parts += _block(page.headline, say)
    for section in page.sections:
        parts.append(f"## {in_markdown(section.title)}")
        for block in section.blocks:
            parts += _block(block, say)
    if page.footer:
        parts += ["---", in_markdown(page.footer)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, say: Language) -> Iterator[str]:
    match block:
        case Text(text, tone):
            yield in_markdown(text) if tone == "plain" else f"> {in_markdown(text)}"
        case Facts(facts):
            yield "\n".join(
                f"- {in_markdown(fact.name)}: **{in_markdown(fact.value)}**"
                + (f" ({in_markdown(fact.detail)})" if fact.detail else "")
                for fact in facts
            )
        case Table():
            yield from _table(block)
        case Ticks(ticks):
            yield "\n".join(
                f"- [{'x' if tick.done else ' '}] {in_markdown(tick.text)}"
                + (f": {in_markdown(tick.detail)}" if tick.detail else "")
                for tick in ticks
            )
        case Code(text):
            yield _fenced(text)
        case Fold(summary, blocks):
            yield f"**{in_markdown(summary)}**"
            for inner in blocks:
                yield from _block(inner, say)
        case Writing(prompt):
            yield f"*{in_markdown(prompt)}*"
        case Drawing(_, alt):
            yield in_markdown(alt)
        case Matrix():
            yield from _matrix(block, say)
        case Strips(rows, caption):
            yield "\n".join(
                [in_markdown(caption), "", *(f"- {in_markdown(label)}" for label, _ in rows)]
            )
        case Gallery(sprites):
            yield "\n".join(f"- {in_markdown(f'{one.label} {one.detail}')}" for one in sprites)


def _table(table: Table) -> Iterator[str]:
    heads = [in_markdown(column.title) for column in table.columns]
    rules = ["---:" if column.numeric else "---" for column in table.columns]
    rows = [*table.rows, *([table.total] if table.total else [])]
    lines = [_row(heads), _row(rules), *(_row([_cell(cell) for cell in row]) for row in rows)]
    if table.caption:
        yield in_markdown(table.caption)
    yield "\n".join(lines)


def _cell(cell: Cell) -> str:
    return in_markdown(cell.text)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fenced(text: str) -> str:
    """As it is, between more backticks than it holds in a row."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _matrix(matrix: Matrix, say: Language) -> Iterator[str]:
    corner = f"{say('matrix.true')} / {say('matrix.predicted')}"
    heads = [in_markdown(corner), *(in_markdown(name) for name in matrix.names)]
    lines = [_row(heads), _row(["---", *("---:" for _ in matrix.names)])]
    for name, counts in zip(matrix.names, matrix.counts, strict=True):
        lines.append(_row([in_markdown(name), *(say.integer(count) for count in counts)]))
    yield "\n".join(lines)
