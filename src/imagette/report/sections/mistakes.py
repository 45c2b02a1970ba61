"""The images that it gets wrong and is surest of."""

from collections.abc import Mapping, Sequence

from imagette.evaluate.mistakes import Mistake
from imagette.report.blocks import Gallery, Section, Sprite, Text
from imagette.report.language import Language
from imagette.report.names import shown


def most_confident(
    found: Sequence[Mistake], names: Sequence[str], places: Mapping[int, int], say: Language
) -> Section:
    """A gallery of mistakes, the surest first; `places` says where on the sheet an image is."""
    sprites = tuple(
        Sprite(
            places[one.index],
            say(
                "mistakes.label",
                predicted=shown(names[one.predicted]),
                sure=say.percent(one.probability),
            ),
            say("mistakes.detail", true=shown(names[one.true])),
        )
        for one in found
        if one.index in places
    )
    title = say("mistakes.title")
    if not found:
        return Section("mistakes", title, (Text(say("mistakes.none"), "good"),))
    if not sprites:
        return Section("mistakes", title, (Text(say("mistakes.no_pictures"), "missing"),))
    blocks = (Text(say("mistakes.lead")), Gallery(sprites, say("mistakes.alt")))
    return Section("mistakes", title, blocks)
