"""Parts of an experiment on one line."""

from imagette.report.spelling import spelled


def test_what_is_empty_is_left_out():
    assert spelled({"name": "x", "metrics": [], "clip": None, "views": 1}) == "x (views = 1)"
    assert spelled([]) == spelled(None) == ""
