"""One rule for all pictures: one asked for is made or refused, another stops nothing."""

from pathlib import Path

import pytest

from imagette.cli.picture_file import place_for
from imagette.errors import UsageError


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("there.png").write_bytes(b"precious")


FREE, THERE = Path("free.png"), Path("there.png")


@pytest.mark.parametrize(
    ("out", "default", "overwrite", "place"),
    [
        (FREE, THERE, False, FREE),
        (None, FREE, False, FREE),
        (None, None, False, None),
        (THERE, None, True, THERE),
        (None, THERE, True, THERE),
    ],
)
def test_a_picture_goes_where_it_was_asked_for_else_where_it_always_goes(
    capsys, out, default, overwrite, place
):
    assert place_for(out, default, overwrite) == place
    assert capsys.readouterr().err == ""


def test_a_default_that_is_there_stays_and_stops_nothing(capsys):  # 000-07
    assert place_for(None, THERE, overwrite=False) is None
    said = capsys.readouterr().err
    assert said.startswith("imagette: 'there.png' exists and stays: no figure is drawn.")


@pytest.mark.parametrize(
    ("out", "message"),
    [(THERE, "'there.png' exists: give"), (Path("no/a.png"), "'no' is not a folder: make it")],
)
def test_one_that_was_asked_for_is_refused(out, message):  # 000-07, 004-T4
    with pytest.raises(UsageError, match=message):
        place_for(out, THERE, overwrite=False)
