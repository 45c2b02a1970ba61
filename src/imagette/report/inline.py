"""Figures inside a page: an inline SVG that follows the page's colours, or a data URI."""

import re
from base64 import b64encode
from hashlib import sha256
from io import StringIO
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What is ink in a figure becomes the page's own ink, light on dark in the dark.
# Only where a colour stands: a class may be called "#333333".
_INK = re.compile(r"(?<=[ :\"])(?:#000000|#333333)(?=[;\"])")
_GRID = re.compile(r"(?<=[ :\"])(?:#b0b0b0|#cccccc)(?=[;\"])", re.IGNORECASE)
# The one colour of the figures that is too dark in the dark.
_BLUE = re.compile(r"(?<=[ :\"])#0072b2(?=[;\"])", re.IGNORECASE)
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_GROUP_NAMES = re.compile(r'<g id="[^"]*"')  # they repeat from figure to figure; nothing reads them
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_SIZE = re.compile(r'<svg ([^>]*?)width="([\d.]+)(pt|px|)" height="[\d.]+(?:pt|px|)"([^>]*)>')
_PIXELS_OF_A_POINT = 4 / 3


def drawing_html(figure: "Figure | str", alt: str) -> Markup:
    """A figure, or the text of an SVG of ours, as an inline SVG with `alt` for its words.

    Black and greys of the figure follow the page's ink, its ground is transparent, its text stays
    text, and it is never wider than the page.
    """
    text = figure if isinstance(figure, str) else _svg(figure)
    return Markup(_framed(_of_the_page(text), alt))


def responsive_html(wide: "Figure | str", narrow: "Figure | str | None", alt: str) -> Markup:
    """A figure, and in place of it on a phone the `narrow` one, if there is one."""
    if narrow is None:
        return drawing_html(wide, alt)
    both = (("wide", wide), ("narrow", narrow))
    inside = Markup("").join(
        Markup('<div class="{}">{}</div>').format(name, drawing_html(figure, alt))
        for name, figure in both
    )
    return Markup('<div class="sizes">{}</div>').format(inside)


def data_uri(data: bytes, media: str = "image/png") -> str:
    """A file's bytes as an address that needs no request.

    >>> data_uri(b"abc", "image/webp")
    'data:image/webp;base64,YWJj'
    """
    return f"data:{media};base64,{b64encode(data).decode()}"


def _svg(figure: "Figure") -> str:
    import matplotlib as mpl

    buffer = StringIO()
    # Two sizes of one figure may share a page: what one hides, the other must not refer to.
    told = [*figure.get_size_inches().tolist(), *(text.get_text() for text in figure.texts)]
    salt = sha256(repr(told).encode()).hexdigest()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()


def _of_the_page(svg: str) -> str:
    bare = _METADATA.sub("", _PROLOGUE.sub("", svg, count=1))
    bare = _GROUP_NAMES.sub("<g", bare)
    inked = _INK.sub("currentColor", _BLUE.sub("var(--blue)", bare))
    return _GRID.sub("var(--line)", inked)


def _framed(svg: str, alt: str) -> str:
    """In an element that knows the figure's width, and gives way where there is less room."""
    name = f'role="img" aria-label="{escape(alt)}"'
    found = _SIZE.search(svg)
    assert found, "a figure of ours says its width and height"
    before, width, unit, after = found.groups()
    pixels = float(width) * (_PIXELS_OF_A_POINT if unit == "pt" else 1)
    rest = re.sub(r'\s?style="[^"]*"', "", f"{before}{after}")
    root = f"<svg {name} {rest.strip()}>"
    whole = svg[: found.start()] + root + svg[found.end() :]
    return f'<div class="drawing" style="--natural:{pixels:.0f}px">{whole}</div>'
