"""The recipe on the page."""

from imagette.report.language import language
from imagette.report.sections.recipe import recipe
from imagette.report.spelling import spelled


def facts(record, name="en"):
    return {fact.name: fact.value for fact in recipe(record, language(name)).blocks[0].facts}


def test_the_main_parts_are_always_there_and_others_where_they_are_not_as_usual(make_record):
    shown = facts(make_record(recipe={"batch": 32, "clip": 2.0, "augment": ["flip"]}))
    assert shown["batch size"] == "32"
    assert shown["augmentation"].startswith("flip")
    assert shown["recipe.clip"] == "2"
    assert "recipe.accumulate" not in shown
    assert facts(make_record(), "fr")["augmentation"] == "aucune"


def test_a_hostile_key_stays_on_its_line():
    assert spelled({"name": "x\ny", "a": {"b": [1, 0.5]}}) == "x y (a = b = 1, 0.5)"
