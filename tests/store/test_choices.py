"""What was measured and chosen on this machine, kept for later runs."""

import json

import pytest

from imagette.errors import StoreError
from imagette.store.choices import choices_path, chosen


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGETTE_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def never():
    raise AssertionError("it was measured already")


def test_a_choice_is_made_once_a_key():
    assert chosen({"batch": 4}, lambda: {"threads": 1}) == ({"threads": 1}, False)
    assert chosen({"batch": 8}, lambda: {"threads": 2}) == ({"threads": 2}, False)
    assert chosen({"batch": 4}, never) == ({"threads": 1}, True)
    assert chosen({"batch": 8}, never) == ({"threads": 2}, True)


def test_the_file_says_its_version(state):
    chosen({"batch": 4}, lambda: {"threads": 1})
    assert choices_path() == state / "choices.json"
    kept = json.loads(choices_path().read_text())
    assert kept == {"version": 1, "choices": [{"key": {"batch": 4}, "value": {"threads": 1}}]}


def test_a_measurement_that_fails_keeps_nothing():
    with pytest.raises(ZeroDivisionError):
        chosen({"batch": 4}, lambda: {"threads": 1 // 0})
    assert not choices_path().exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is damaged, no JSON object"),
        ('{"version": 1, "choi', "is damaged, no JSON object"),
        ("[]", "is damaged, no JSON object"),
        ("{}", "is of version None, not 1"),
        ('{"version": 2, "choices": []}', "is of version 2, not 1"),
        ('{"version": 1, "choices": {}}', "is damaged, not a list of choices"),
        ('{"version": 1, "choices": [{"key": {}, "value": 7}]}', "is damaged, not a list"),
    ],
)
def test_a_damaged_file_is_named_with_the_remedy_and_kept(text, told):
    choices_path().parent.mkdir()
    choices_path().write_text(text)
    with pytest.raises(StoreError) as caught:
        chosen({}, never)
    assert str(caught.value).startswith(f"{choices_path()} {told}")
    assert str(caught.value).endswith(": remove it, and what it held is measured again")
    assert choices_path().read_text() == text
