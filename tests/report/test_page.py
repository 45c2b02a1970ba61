"""A page: one file, no request, and nothing that a user named can act in it."""

from html.parser import HTMLParser

import numpy as np
import pytest

from imagette.report.blocks import (
    Cell,
    Code,
    Column,
    Drawing,
    Fact,
    Facts,
    Fold,
    Gallery,
    Matrix,
    Page,
    Section,
    Sheet,
    Sprite,
    Table,
    Text,
    Tick,
    Ticks,
    Writing,
)
from imagette.report.language import language
from imagette.report.names import shown
from imagette.report.page import page_html, script_json

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><b>",
    "\"quoted\" & 'so'",
    "two\nlines",
    "\u202eright to left",
)


class Elements(HTMLParser):
    """Counts elements, and keeps every address."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]


def figure():
    from matplotlib.figure import Figure

    made = Figure(figsize=(3, 2))
    axes = made.subplots()
    axes.plot([0, 1], [0, 1], color="#000000")
    axes.set_title("a < b", parse_math=False)
    return made


def page_of(*names):
    named = tuple(names)
    counts = np.eye(len(named), dtype=int) + 1
    rows = tuple((Cell(name), Cell("1.5", 1.5)) for name in named)
    blocks = (
        Text(named[0], "note"),
        Facts((Fact(named[0], named[1], named[2]),)),
        Table((Column(named[0]), Column("n", numeric=True)), rows, caption=named[1]),
        Drawing(figure(), alt=named[0], caption=named[1]),
        Code(named[0]),
        Ticks((Tick(named[0], done=True), Tick(named[1], done=False, detail=named[2]))),
        Fold(named[1], (Text(named[2]),)),
        Writing(named[0]),
        Gallery((Sprite(3, named[0], named[1]),), alt=named[2]),
        Matrix(named, tuple(map(tuple, counts.tolist())), ((0, 1, (0, 3)),), caption=named[1]),
    )
    sheet = Sheet(b"picture", "image/png", columns=2, rows=2, width=8, height=8)
    sections = (Section("one", named[0], blocks), Section("two", "Second", (Text("x"),)))
    return Page(named[0], named[1], sections, headline=Facts((Fact("a", "b"),), True), sheet=sheet)


def test_the_page_holds_every_block_and_each_section_has_its_place_in_the_contents():
    text = page_html(page_of("cat", "dog", "frog"), language("en"))
    assert text.count("<h2 ") == 2
    assert 'href="#one">cat</a>' in text
    assert 'href="#two">Second</a>' in text
    for mark in ("<dl", "<table", "<svg", "<pre", "<details", "contenteditable", "gallery"):
        assert mark in text
    assert 'aria-label="missing"' in text


def test_the_page_asks_for_nothing_and_its_rule_forbids_it():
    text = page_html(page_of("cat", "dog", "frog"), language("en"))
    addresses = Elements(text).addresses
    assert addresses
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert "default-src &#39;none&#39;" in text


def test_hostile_names_change_no_element_of_the_page():
    plain = page_html(page_of("cat", "dog", "frog", "ship", "car"), language("en"))
    hostile = page_html(page_of(*HOSTILE), language("en"))
    assert Elements(hostile).tags == Elements(plain).tags
    assert "alert(1)</script>" not in hostile


def test_hostile_names_in_a_drawn_matrix_change_no_element_either():
    counts = tuple(map(tuple, (np.eye(30, dtype=int) + 1).tolist()))

    def drawn(names):
        matrix = Matrix(names, counts)
        page = Page("t", "", (Section("one", "One", (matrix,)),))
        return Elements(page_html(page, language("en"))).tags

    plain = tuple(f"class {n}" for n in range(30))
    assert drawn((*HOSTILE, *plain[5:])) == drawn(plain)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_shown_stands_on_one_line_and_turns_no_direction(name):
    assert shown(name).isprintable()
    assert "\n" not in shown(name)


def test_a_name_without_end_is_cut():
    assert len(shown("x" * 5000)) == 120


def test_data_for_the_script_cannot_end_it():
    assert "<" not in script_json({"names": ["</script><script>"]})


def test_the_page_says_its_language():
    assert '<html lang="fr">' in page_html(page_of("a", "b", "c"), language("fr"))


def test_black_in_a_figure_becomes_the_ink_of_the_page():
    text = page_html(page_of("a", "b", "c"), language("en"))
    drawing = text[text.index("<svg") : text.index("</svg>")]
    assert "#000000" not in drawing
    assert "currentColor" in drawing
    assert 'role="img" aria-label="a"' in drawing
