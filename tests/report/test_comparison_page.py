from dataclasses import replace

import pytest

from imagette.evaluate.comparison import Difference, Spread
from imagette.report.blocks import Drawing, Fold, Table, Text
from imagette.report.comparison import Curve
from imagette.report.comparison_page import Compared, comparison_page
from imagette.report.language import language
from imagette.report.markdown import page_markdown
from imagette.report.page import page_html
from imagette.report.variants import RunLine, VariantLine

ENGLISH, FRENCH = language("en"), language("fr")
HOSTILE = "</script><img src=x onerror=alert(1)>{0}\u202egnp $x_ | `*"


def variant(name="A", accuracy=0.7, **changes):
    made = VariantLine(
        name=name,
        split="validation",
        n=2,
        accuracy=None if accuracy is None else Spread(accuracy, 0.01, 2),
        difference=None,
        no_difference=None,
        parameters=7850,
        operations=15680,
        uncounted=False,
        train_seconds=4.0,
        seconds_per_epoch=2.0,
        losses={"validation": 0.3},
        notes=(),
        runs=(RunLine(f"/runs/{name}", 0, "finished", 2, accuracy, counted=True),),
    )
    return replace(made, **changes)


def curve(name="A"):
    return Curve(name, (0, 1), (0.0, 2.0), (0.1, 0.7), (0.1, 0.7), (0.1, 0.7), 2)


def compared(*variants, **changes):
    curves = tuple(curve(one.name) for one in variants)
    made = Compared(variants, variants[0].name, curves, (), "imagette compare a b")
    return replace(made, **changes)


BETTER = Difference(0.1, (0.05, 0.15), 400, "images", 0.001, 0.002, 2, only=(60, 20))
TWO = compared(variant(), variant("B", 0.8, difference=BETTER, parameters=9000))


def blocks(found, section, say=ENGLISH):
    page = comparison_page(found, "1.0", say)
    return next(one.blocks for one in page.sections if one.anchor == section)


def test_a_row_says_all_figures_of_a_variant():  # 001-27, 001-29
    (table,) = blocks(TWO, "variants")
    assert isinstance(table, Table)
    assert [cell.text for cell in table.rows[1]] == [
        *("B", "2", "80.00", "1.00", "+10.00", "+5.00 to +15.00", "0.002", "better"),
        *("9,000", "15,680", "4.0", "2.00", "0.3000", "parameters, operations, time"),
    ]
    assert table.rows[0][7].text == "the reference"
    assert len(table.columns) == len(table.rows[0])


def test_numbers_are_sorted_as_numbers():
    (table,) = blocks(TWO, "variants")
    assert [row[8].sort for row in table.rows] == [7850, 9000]
    assert [row[2].sort for row in table.rows] == [0.7, 0.8]


def test_differences_are_said_in_words_with_what_the_test_covers():
    said = [block.text for block in blocks(TWO, "words")]
    assert said[0].startswith("B is better than A by 10.00 points [5.00, 15.00], p = 0.002 after ")
    assert said[1].startswith("Over images: McNemar")


def test_a_variant_without_a_difference_says_why():
    other = variant("B", no_difference="judged on another data set")
    (line,) = blocks(compared(variant(), other), "words")
    assert line == Text("B: no difference from A is given, judged on another data set.", "missing")


def test_curves_and_prices_are_drawn_and_told():  # 001-18
    (curves,) = blocks(TWO, "curves")
    (prices,) = blocks(TWO, "pareto")
    assert isinstance(curves, Drawing)
    assert "A 70.0" in curves.alt
    assert len(curves.figure.axes) == 2
    assert "parameters: A, B; operations: B; training, s: B" in prices.alt


def test_operations_that_are_not_all_known_are_on_no_front():
    unknown = variant("B", 0.9, uncounted=True)
    (table,) = blocks(compared(variant(), unknown), "variants")
    assert table.rows[1][9].text == "≥ 15,680"
    assert table.rows[1][-1].text == "parameters, time"


def test_a_variant_without_a_finished_run_has_no_figures():
    run = RunLine("/runs/B", 1, "failed", 1, None, counted=False)
    failed = variant(
        "B", None, split=None, n=0, train_seconds=None, seconds_per_epoch=None,
        losses={}, runs=(run,), no_difference="no finished run on one side",
    )  # fmt: skip
    page = page_html(comparison_page(compared(variant(), failed), "1", ENGLISH), ENGLISH)
    assert "no finished run on one side" in page
    alone = compared(failed, curves=())
    assert [block.tone for block in blocks(alone, "curves")] == ["missing"]
    assert page_html(comparison_page(alone, "1", FRENCH), FRENCH)


@pytest.mark.parametrize("say", [ENGLISH, FRENCH])
def test_hostile_names_act_nowhere(say):
    first = variant(
        HOSTILE, notes=(HOSTILE,), runs=(RunLine(HOSTILE, 0, "finished", 1, 0.5, True),)
    )
    second = variant(f"{HOSTILE}2", 0.8, difference=BETTER)
    found = compared(first, second, remarks=(HOSTILE,))
    html = page_html(comparison_page(found, "1", say), say)
    assert "<img" not in html
    assert html.count("</script>") == html.count("<script")
    assert "\u202egnp" not in html
    text = page_markdown(comparison_page(found, "1", say), say)
    outside = text.split("```")[0]
    assert "<img" not in outside.replace("\\<img", "")


def test_a_hundred_runs_are_behind_a_fold():
    many = compared(*(variant(f"v{n}", n / 100) for n in range(100)))
    assert isinstance(blocks(many, "remarks")[-1], Fold)
    assert isinstance(blocks(TWO, "remarks")[-1], Table)


def test_the_page_is_in_french():
    page = comparison_page(TWO, "1.0", FRENCH)
    assert page.title == "Comparaison de 2 variantes"
    assert page.sections[0].blocks[0].rows[1][5].text == "+5,00 à +15,00"
