"""The page of a run in a real browser: what a reader clicks, sees and prints."""

from pathlib import Path

import pytest

from imagette.experiment import load
from imagette.report.blocks import Matrix, Page, Section, Text
from imagette.report.language import language
from imagette.report.names import shown
from imagette.report.page import page_html
from imagette.run.report import report_run
from imagette.run.train import train_experiment

pytestmark = pytest.mark.system

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("browser") / "run"
    *_, ended = train_experiment(load("first_light", ["data.limit=2000"]), out=out)
    return ended.folder.path


def requests_of(page, path):
    return [url for url in page.asked if url != path.as_uri() and not url.startswith("data:")]


def test_the_page_asks_for_nothing_and_complains_of_nothing(run, opened):
    path = report_run(run)
    page = opened(path)
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(200)
    assert requests_of(page, path) == []
    assert page.complaints == []


def test_a_click_on_a_cell_shows_its_images(run, opened):
    page = opened(report_run(run))
    cell = page.locator(".confusion td.right button").first
    cell.click()
    count = int(cell.text_content().replace(",", ""))
    panel = page.locator(".behind")
    assert f"{count} of" in panel.text_content()
    shown = panel.locator(".picture")
    assert shown.count() == min(12, count)
    assert "url(" in shown.first.evaluate("(e) => getComputedStyle(e).backgroundImage")


def test_the_matrix_is_walked_through_with_the_keys(run, opened):
    page = opened(report_run(run))
    first = page.locator('.confusion button[data-row="0"][data-column="0"]')
    first.click()
    before = page.locator(".behind").text_content()
    page.keyboard.press("ArrowDown")
    assert page.locator(".confusion button:focus").get_attribute("data-row") != "0"
    assert page.locator(".behind").text_content() != before
    assert page.locator('.confusion button[tabindex="0"]').count() == 1


def test_a_click_on_a_heading_sorts_the_table_both_ways(run, opened):
    page = opened(report_run(run))
    table = page.locator("#result table.sortable").last
    heading = table.locator("thead th").nth(1)

    def values():
        cells = table.locator("tbody td:nth-child(2)")
        return [
            float(value) for value in cells.evaluate_all("(all) => all.map((e) => e.dataset.sort)")
        ]

    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert values() == sorted(values(), reverse=True)
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert values() == sorted(values())


def test_the_french_page_is_french_to_its_last_word(run, opened, tmp_path):
    page = opened(report_run(run, lang="fr", out=tmp_path / "fr.html"))
    assert page.locator("html").get_attribute("lang") == "fr"
    text = page.locator("body").inner_text()
    english = [value for key, value in language("en").words.items() if key.endswith(".title")]
    french = {value for key, value in language("fr").words.items() if key.endswith(".title")}
    lines = set(text.splitlines())
    assert [title for title in english if title in lines and title not in french] == []
    page.locator(".confusion td.right button").first.click()
    assert "reconnues" in page.locator(".behind").inner_text()


@pytest.mark.parametrize("size", [PHONE, {"width": 320, "height": 640}, DESKTOP])
def test_no_width_scrolls_sideways(run, opened, size):
    page = opened(report_run(run), size)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"]


def test_the_page_prints_on_a4(run, opened):
    page = opened(report_run(run))
    page.emulate_media(media="print")
    printed = page.pdf(format="A4", print_background=True)
    assert printed.startswith(b"%PDF")
    assert page.locator("nav").is_hidden()


def test_the_dark_page_has_light_ink(run, opened):
    page = opened(report_run(run), color_scheme="dark")
    ink = page.locator("h2").first.evaluate("(e) => getComputedStyle(e).color")
    curve = page.locator(".drawing svg text").first.evaluate("(e) => getComputedStyle(e).fill")
    assert ink == curve
    assert min(int(part) for part in ink[4:-1].split(",")) > 200


def test_a_matrix_of_a_hundred_classes_can_be_read_and_walked(opened, tmp_path):
    names = tuple(f"class number {n}" for n in range(100))
    counts = tuple(tuple(50 * (r == c) + (r + c) % 3 for c in range(100)) for r in range(100))
    section = Section("confusion", "Matrix", (Matrix(names, counts, caption="c"),))
    path = tmp_path / "many.html"
    path.write_text(page_html(Page("many", "", (section,)), language("en")))
    page = opened(path)
    drawn = page.locator("svg.drawn")
    box = drawn.bounding_box()
    inset, side = (float(drawn.get_attribute(f"data-{name}")) for name in ("inset", "side"))
    scale = box["width"] / (inset + 100 * side + 2)
    at = (inset + 41.5 * side) * scale
    drawn.click(position={"x": at, "y": at})
    assert "of “class number 41” recognised" in page.locator(".behind").text_content()
    page.keyboard.press("ArrowRight")
    assert "taken for “class number 42”" in page.locator(".behind").text_content()
    assert path.stat().st_size < 1_000_000
    assert page.complaints == []


def test_hostile_names_do_nothing_in_a_browser(opened, tmp_path):
    names = ('<img src=x onerror="document.title=1">', "</script><script>document.title=2</script>")
    matrix = Matrix(tuple(map(shown, names)), ((3, 2), (1, 4)), caption="</style><b>c")
    section = Section("confusion", names[0], (matrix, Text(names[1])))
    path = tmp_path / "hostile.html"
    path.write_text(page_html(Page("safe", names[1], (section,)), language("en")))
    page = opened(path)
    page.locator('.confusion button[data-row="0"][data-column="1"]').click()
    assert (
        page.locator(".behind p").first.text_content()
        == f"2 of “{names[0]}” taken for “{names[1]}”"
    )
    assert page.title() == "safe"
    assert page.locator("img, b").count() == 0
    assert page.complaints == []
    assert requests_of(page, path) == []


def test_no_script_but_the_page_s_own_is_run(opened, tmp_path):
    path = tmp_path / "added.html"
    text = page_html(Page("safe", "", ()), language("en"))
    path.write_text(text.replace("</main>", "</main><script>document.title = 'mine'</script>"))
    page = opened(path)
    assert page.title() == "safe"
    assert "Content Security Policy" in " ".join(page.complaints)
