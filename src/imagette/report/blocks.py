"""What a page is made of: sections of blocks, as values, before they are HTML or Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tone = Literal["plain", "good", "bad", "note", "missing"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its text, and the number by which it is sorted, where the text is not."""

    text: str
    sort: float | None = None
    tone: Tone = "plain"
    bar: tuple[float, float, float] | None = None  # a share with its interval, drawn before it


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand on the right, `whole` cells on one line.

    `help` says more where there is a pointer.
    """

    title: str
    numeric: bool = False
    code: bool = False
    whole: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. Its tone says what it is: good or bad news, a note, or what is missing."""

    kind: ClassVar = "text"
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value; `detail` is the small print under it."""

    name: str
    value: str
    detail: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values; `large` ones are the page's headline figures."""

    kind: ClassVar = "facts"
    facts: tuple[Fact, ...]
    large: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; the reader sorts it by a click on a heading, if `sortable`."""

    kind: ClassVar = "table"
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    sortable: bool = True
    total: tuple[Cell, ...] = ()  # a last row that is not sorted


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A matplotlib Figure, or an SVG as text; `alt` says what it shows to who does not see it.

    `narrow` takes its place on a phone.
    """

    kind: ClassVar = "drawing"
    figure: "Figure | str"
    alt: str
    caption: str = ""
    narrow: "Figure | str | None" = None


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be copied as it is."""

    kind: ClassVar = "code"
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Something expected: there or not, and where or why."""

    text: str
    done: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ticks:
    """A list of what is expected."""

    kind: ClassVar = "ticks"
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks behind a summary, open on paper."""

    kind: ClassVar = "fold"
    summary: str
    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Writing:
    """A place for the author's own words."""

    kind: ClassVar = "writing"
    prompt: str


@dataclass(frozen=True, slots=True)
class Sprite:
    """A picture, by its place on the page's one sheet, with the line under it."""

    place: int
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures of the page's sheet, each over its label."""

    kind: ClassVar = "gallery"
    sprites: tuple[Sprite, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class Strips:
    """Rows of pictures of the page's sheet, each row after its label."""

    kind: ClassVar = "strips"
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    caption: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A confusion matrix [K,K], rows true; `behind` gives a cell's pictures, by their places."""

    kind: ClassVar = "matrix"
    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    behind: tuple[tuple[int, int, tuple[int, ...]], ...] = ()
    caption: str = ""


Block = Text | Facts | Table | Drawing | Code | Ticks | Fold | Writing | Gallery | Strips | Matrix


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under a heading; `anchor` is its address on the page."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The one sheet of a page's pictures: an image file, and how its places lie on it."""

    data: bytes
    media: str  # "image/webp"
    columns: int
    rows: int
    width: int  # of one picture, pixels
    height: int


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page holds, before it is written in one form or another."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    headline: Facts | None = None
    notices: tuple[Text, ...] = ()
    sheet: Sheet | None = None
    footer: str = ""


def sections_with_content(sections: Sequence[Section | None]) -> tuple[Section, ...]:
    """Those that are there and hold something."""
    return tuple(section for section in sections if section and section.blocks)
