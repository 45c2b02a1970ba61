"""How the network was trained: what its experiment says of it."""

from collections.abc import Iterator

from imagette.recipe.recipe import Recipe
from imagette.report.blocks import Fact, Facts, Section
from imagette.report.language import Language
from imagette.report.record import Record
from imagette.report.spelling import spelled

_ALWAYS = ("epochs", "batch", "loss", "optimiser", "schedule", "augment")


def recipe(record: Record, say: Language) -> Section:
    """The recipe in the words of the experiment's file, then engine and evaluation.

    Of the lesser parts those that are not as usual.
    """
    return Section("recipe", say("recipe.title"), (Facts(tuple(_facts(record, say))),))


def _facts(record: Record, say: Language) -> Iterator[Fact]:
    parts = record.resolved["recipe"]
    for key in _ALWAYS:
        yield Fact(say(f"recipe.{key}"), spelled(parts.get(key)) or say("recipe.none"))
    usual = Recipe().model_dump(mode="json")
    for key, part in parts.items():
        if key not in _ALWAYS and part != usual.get(key):
            yield Fact(f"recipe.{key}", spelled(part))
    yield Fact(say("recipe.engine"), spelled(record.resolved["engine"]))
    yield Fact(say("recipe.evaluation"), spelled(record.resolved["evaluation"]))
