"""The page of a comparison in a real browser: its sort, its widths, and what it asks for."""

import pytest

from imagette.run.compare import compare_runs
from imagette.run.comparison_page import comparison_html

pytestmark = pytest.mark.system

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def page_of(make_run, tmp_path):
    """Writes the page of three variants, one of them never judged, and returns where it is."""

    def write(lang="en"):
        make_run("all/a", (0.1, 0.5, 0.71), right=[True] * 14 + [False] * 6, title="plain")
        make_run("all/b", (0.1, 0.5, 0.65), right=[True] * 20, title="batch", recipe={"batch": 4})
        make_run("all/c", finished=False, title=HOSTILE, recipe={"batch": 8})
        path = tmp_path / f"{lang}.html"
        path.write_bytes(comparison_html(compare_runs([tmp_path / "all"]), "imagette", lang))
        return path

    return write


def names(page):
    return page.locator("#variants tbody th").all_inner_texts()


def test_a_click_sorts_by_the_numbers_and_leaves_what_is_unknown_last(page_of, opened):
    page = opened(page_of())
    first = names(page)
    heading = page.locator("#variants thead th", has_text="accuracy %")
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert names(page) == [first[0], first[1], first[2]]
    heading.locator("button").click()
    assert names(page) == [first[1], first[0], first[2]]
    page.locator("#variants thead th", has_text="Variant").locator("button").click()
    assert names(page) == ["batch=4", "batch=8", "batch=64"]


def test_the_page_asks_for_nothing_and_no_name_acts(page_of, opened):
    path = page_of()
    page = opened(path)
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(200)
    asked = [url for url in page.asked if url != path.as_uri() and not url.startswith("data:")]
    assert (asked, page.complaints) == ([], [])
    assert page.locator("#variants img").count() == 0


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_width_scrolls_sideways(page_of, opened, size, lang):
    page = opened(page_of(lang), size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.locator("html").get_attribute("lang") == lang
