"""Words from one table, and numbers as each language writes them."""

from string import Formatter

import pytest

from imagette.errors import UsageError
from imagette.report.language import LANGUAGES, language, table

NARROW, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


def forms_of(entry):
    return [entry] if isinstance(entry, str) else entry


def holes(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_entry_is_in_every_language_and_has_the_same_holes():
    for key, row in table().items():
        assert set(row) == set(LANGUAGES), key
        filled = {frozenset(holes(form)) for entry in row.values() for form in forms_of(entry)}
        assert len(filled) == 1, key


def test_french_writes_commas_and_narrow_spaces():
    french = language("fr")
    assert french.integer(1234567) == f"1{NARROW}234{NARROW}567"
    assert french.decimal(1234.5) == f"1{NARROW}234,50"
    assert french.percent(0.8441, 2) == f"84,41{NARROW}%"
    assert french.scaled(651_720) == f"652{WIDE}k"


def test_english_writes_points_and_commas():
    english = language("en")
    assert english.integer(1234567) == "1,234,567"
    assert english.percent(0.8441, 2) == f"84.41{WIDE}%"
    assert english.decimal(-0.5, 1) == "\N{MINUS SIGN}0.5"


def test_a_share_that_is_not_known_is_a_dash():
    assert language("en").percent(None) == "\N{EN DASH}"


def test_one_and_many_follow_the_language():
    english, french = language("en"), language("fr")
    assert [english("unit.epochs", n=n) for n in (0, 1, 2)] == ["0 epochs", "1 epoch", "2 epochs"]
    assert [french("unit.epochs", n=n) for n in (0, 1, 2)] == ["0 époque", "1 époque", "2 époques"]


def test_the_signs_of_french_are_spaced_so_that_no_line_breaks_there():
    said = language("fr")("matrix.wrong", n=3, true="chat", predicted="chien")
    assert said == f"3 de «{WIDE}chat{WIDE}» prises pour «{WIDE}chien{WIDE}»"


def test_a_moment_is_told_in_words():
    iso = "2026-01-31T13:05:00+01:00"
    assert language("en").moment(iso) == "31 January 2026, 12:05 UTC"
    assert language("fr").moment(iso) == "31 janvier 2026, 12:05 UTC"
    assert language("en").moment("long ago") == "long ago"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.5, "0.50 s"),
        (59.94, "59.9 s"),
        (3599.6, "1 h 00 min"),
        (61, "1 min 01 s"),
    ],
)
def test_a_duration_is_told_in_its_own_units(seconds, text):
    assert language("en").seconds(seconds).replace(WIDE, " ") == text


def test_a_language_that_is_not_there_is_refused_with_the_choices():
    with pytest.raises(UsageError, match=r"'de' is no language of a page. .*Choices: en, fr"):
        language("de")
