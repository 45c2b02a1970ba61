"""A small picture in the terminal: two pixels a character, one above the other."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.style import Style
from rich.text import Text

HALF = "\N{UPPER HALF BLOCK}"


def thumbnail(image: NDArray[np.uint8]) -> list[Text]:
    """A picture uint8 [H,W,C], C 1 or 3, as lines of W characters; of an odd H the last is half.

    >>> [line.plain for line in thumbnail(np.zeros((3, 2, 1), np.uint8))]
    ['▀▀', '▀▀']
    """
    colours = np.repeat(image, 3 // image.shape[2], axis=2).tolist()
    return list(_lines(colours))


def shows_pictures(console: Console) -> bool:
    """Whether this is a terminal of enough colours, which half blocks are nothing without."""
    many = console.color_system in ("256", "truecolor") and not console.no_color
    return console.is_terminal and many and console.encoding.startswith("utf")


def _lines(rows: list[list[list[int]]]) -> Iterator[Text]:
    for top in range(0, len(rows), 2):
        line = Text()
        below = rows[top + 1] if top + 1 < len(rows) else [None] * len(rows[top])
        for upper, lower in zip(rows[top], below, strict=True):
            line.append(HALF, Style(color=_hexadecimal(upper), bgcolor=_hexadecimal(lower)))
        yield line


def _hexadecimal(colour: list[int] | None) -> str | None:
    return None if colour is None else "#{:02x}{:02x}{:02x}".format(*colour)
