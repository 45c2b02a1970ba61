"""How values show themselves in a notebook: small tables, escaped, for light and dark alike.

Colours are the page's own and half-transparent grey, so nothing depends on its theme. Standard
library only, because networks show themselves too.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

MOST_ROWS = 40
_PLAIN = "border:0;background:none;color:inherit"
_CELL = f"padding:.1em .7em .1em 0;vertical-align:middle;white-space:nowrap;{_PLAIN}"
_LINE = "border-bottom:1px solid rgba(128,128,128,.5)"


class Html(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


def table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[object]], note: str = ""
) -> Html:
    """A titled table: cells that are numbers stand to the right, all but `Html` is escaped.

    At most `MOST_ROWS` rows are shown; a last one says how many more there are.

    >>> "&lt;cat&gt;" in table("<cats>", ["class"], [["<cat>"]])
    True
    """
    every = list(rows)
    shown = [_row(row) for row in every[:MOST_ROWS]]
    if len(every) > MOST_ROWS:
        shown.append(_row([f"and {len(every) - MOST_ROWS:,} more"]))
    head = "".join(f'<th style="{_CELL};{_LINE};text-align:left">{escape(h)}</th>' for h in heads)
    body = "".join(f'<tr style="{_PLAIN}">{row}</tr>' for row in shown)
    return Html(
        f'<div style="font-size:.9em;line-height:1.4;overflow-x:auto"><b>{escape(title)}</b>'
        f'<table style="border-collapse:collapse;margin:.3em 0;font-size:1em;{_PLAIN}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{escape(note)}</div>"
    )


def picture(png: bytes, alt: str, height: int | None = None) -> Html:
    """A PNG within the page; `height` in pixels enlarges it without smoothing.

    >>> picture(b"", "two <cats>")
    '<img src="data:image/png;base64," alt="two &lt;cats&gt;" style="max-width:100%">'
    """
    data = b64encode(png).decode()
    sized = f"height:{height}px;image-rendering:pixelated" if height else "max-width:100%"
    return Html(f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}" style="{sized}">')


def _row(cells: Sequence[object]) -> str:
    return "".join(_cell(cell) for cell in cells)


def _cell(value: object) -> str:
    if isinstance(value, Html):
        return f'<td style="{_CELL};text-align:left">{value}</td>'
    is_number = isinstance(value, int | float)
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return f'<td style="{_CELL};text-align:{"right" if is_number else "left"}">{escape(text)}</td>'
