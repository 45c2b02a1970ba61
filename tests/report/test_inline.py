"""Figures inside a page."""

import pytest
from matplotlib.figure import Figure

from imagette.report.inline import drawing_html, responsive_html


def figure(**options):
    made = Figure(figsize=(6, 3))
    made.subplots().plot([0, 1], [0, 1], **options)
    return made


def test_the_page_knows_how_wide_a_figure_is():
    assert 'style="--natural:576px"' in drawing_html(figure(), "a line")  # 6 inches of 96 pixels
    mine = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"></svg>'
    assert 'style="--natural:30px"' in drawing_html(mine, "mine")


def test_what_it_shows_is_told_and_cannot_leave_its_place():
    html = drawing_html(figure(), '"><script>alert(1)</script>')
    assert "<script" not in html
    assert 'role="img" aria-label="&#34;&gt;&lt;script&gt;' in html


def test_ink_and_grid_follow_the_page_and_colours_stay():
    html = drawing_html(figure(color="#D55E00"), "a line")
    assert "currentColor" in html
    assert "#000000" not in html
    assert "#d55e00" in html.lower()
    assert "var(--blue)" in drawing_html(figure(color="#0072B2"), "a line")


def test_hostile_words_of_a_figure_are_text():
    made = figure(color="#000000")
    made.axes[0].set_title("</svg><script>alert(1)</script>", parse_math=False)
    html = drawing_html(made, "x")
    assert html.count("</svg>") == 1
    assert "<script" not in html


@pytest.mark.parametrize("first", [True, False])
def test_two_figures_of_a_page_share_no_names_but_those_of_the_same_thing(first):
    import re

    other = figure(marker="s" if first else "o")
    names = [set(re.findall(r' id="([^"]+)"', drawing_html(one, "x"))) for one in (figure(), other)]
    assert not any(name.startswith(("figure", "axes")) for name in names[0] | names[1])


def test_a_phone_gets_the_narrow_figure_and_shares_no_name_with_the_wide_one():
    import re

    narrow = Figure(figsize=(3, 6))
    narrow.subplots().plot([0, 1], [0, 1])
    html = responsive_html(figure(), narrow, "a line")
    wide, phone = html.split('<div class="narrow">')
    assert 'class="wide"' in wide
    assert "--natural:576px" in wide
    assert "--natural:288px" in phone
    assert not set(re.findall(r'id="([^"]*)"', wide)) & set(re.findall(r'id="([^"]*)"', phone))
    assert responsive_html(figure(), None, "a line") == drawing_html(figure(), "a line")
