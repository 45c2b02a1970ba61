import pytest

from imagette.plain import in_markdown
from imagette.report.blocks import (
    Cell,
    Code,
    Column,
    Drawing,
    Fact,
    Facts,
    Fold,
    Matrix,
    Page,
    Section,
    Table,
    Text,
    Tick,
    Ticks,
    Writing,
)
from imagette.report.language import language
from imagette.report.markdown import page_markdown

ENGLISH = language("en")


def markdown(*blocks, title="A page"):
    page = Page(title, "", (Section("one", "One", blocks),))
    return page_markdown(page, ENGLISH)


def test_a_page_has_its_headings_and_paragraphs():
    assert markdown(Text("Good."), Text("Mind this.", "note")) == (
        "# A page\n\n## One\n\nGood.\n\n> Mind this.\n"
    )


def test_a_table_has_its_rule_and_its_total():
    columns = (Column("name"), Column("n", numeric=True))
    table = Table(columns, ((Cell("a|b"), Cell("3")),), total=(Cell("total"), Cell("3")))
    assert "| name | n |\n| --- | ---: |\n| a\\|b | 3 |\n| total | 3 |" in markdown(table)


def test_ticks_are_boxes_that_an_editor_ticks():  # 001-40
    ticks = Ticks((Tick("curve", True), Tick("classes", False, "imagette evaluate R")))
    assert "- [x] curve\n- [ ] classes: imagette evaluate R" in markdown(ticks)


def test_code_stays_as_it_is_whatever_it_holds():
    assert "````\na ``` b | c\n````" in markdown(Code("a ``` b | c"))


def test_pictures_are_told_folds_are_open_and_the_author_has_a_place():
    text = markdown(
        Drawing("<svg/>", "It falls.", "Loss"),
        Fold("More", (Facts((Fact("n", "3", "of 4"),)),)),
        Writing("Say why."),
        Matrix(("a", "b"), ((3, 1), (0, 4))),
    )
    assert "It falls.\n" in text
    assert "Loss" not in text  # the caption of what is not there
    assert "**More**\n\n- n: **3** (of 4)" in text
    assert "*Say why.*" in text
    assert "| b | 0 | 4 |" in text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# no heading", "\\# no heading"),
        ("1. no list", "1\\. no list"),
        ("- no list", "\\- no list"),
        ("<script>", "\\<script\\>"),
        ("[a](javascript:b)", "\\[a\\](javascript:b)"),
        ("two\n\n# lines", "two # lines"),
        ("a_b*c`d~e$f&amp;", "a_b\\*c\\`d\\~e\\$f\\&amp;"),
        ("_a_ __b__ é_", "\\_a\\_ \\_\\_b\\_\\_ é\\_"),
        ("5 % - 3", "5 % - 3"),
        ("15.76", "15.76"),
        ("+2.73", "+2.73"),
        ("---", "--\\-"),
        ("====", "===\\="),
    ],
)
def test_a_name_is_shown_and_never_read_as_markdown(text, line):
    assert in_markdown(text) == line
