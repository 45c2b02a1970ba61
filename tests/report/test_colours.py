from itertools import combinations

import pytest

from imagette.report import colours

WHITE, DARK = "#fbfaf8", "#14171b"  # the page's grounds


def light(colour: str) -> float:
    """Relative luminance: https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["BLUE", "ORANGE", "GREEN"])
def test_the_colours_of_curves_can_be_seen_on_light_and_dark_ground(name):
    for ground in (WHITE, DARK):
        assert contrast(getattr(colours, name), ground) >= 3


def test_no_two_colours_are_alike():
    known = [value for name, value in vars(colours).items() if name.isupper()]
    assert all(one != other for one, other in combinations(known, 2))
