from datetime import UTC, datetime, timedelta, timezone

import pytest

from imagette.store.naming import new_name, safe_title


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("vgg8", "vgg8"),
        ("my run / with: \\ everything?*", "my-run-with-everything"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "run"),
        ("", "run"),
        ("CON", "_CON"),
        ("lpt1.txt", "_lpt1.txt"),
        ("été", "été"),
        ("x" * 300, "x" * 80),
        ("a\nb\0c", "a-b-c"),
    ],
)
def test_any_title_becomes_one_safe_file_name(title: str, name: str) -> None:  # 000-07
    assert safe_title(title) == name


def test_a_safe_title_is_safe_already() -> None:
    for title in ("CON", "a b", "..", "lpt1.txt"):
        assert safe_title(safe_title(title)) == safe_title(title)


def test_the_name_begins_with_the_time_in_utc() -> None:  # 004-25
    paris = datetime(2026, 1, 2, 0, 30, 15, 7_900, tzinfo=timezone(timedelta(hours=1)))
    assert new_name(paris)[:-4] == "2026-01-01T23-30-15.007-"


def test_later_names_sort_after_earlier_ones() -> None:
    moments = [
        datetime(2026, 9, 30, 23, 59, 59, 999_000, tzinfo=UTC) + timedelta(days=d) for d in range(9)
    ]
    names = [new_name(moment) for moment in moments]
    assert sorted(names) == names
