"""What a page says of a run and its network, in its reader's language; `run` fills it in."""

from collections.abc import Mapping
from dataclasses import dataclass

from imagette.data.framing import Framing


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of the network, in words; `detail` is the small print under it."""

    name: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class About:
    """All words of a page, and how a picture is laid as the training images lie."""

    language: str  # "en", "fr"
    title: str
    subtitle: str
    facts: tuple[Fact, ...]
    notes: tuple[str, ...]
    rules: tuple[str, ...]  # how a picture is brought to the network
    about_examples: str
    network_text: str
    footer: str
    words: Mapping[str, str]  # of the page itself, by their names; `{n}` is filled in by its script
    framing: Framing | None
