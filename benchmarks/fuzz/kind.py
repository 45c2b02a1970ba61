"""One kind of input: real small files of it, who reads them, and how they are spoilt."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzz.files import Content, Files
from benchmarks.fuzz.mutations import mutated

Spoil = Callable[[Random, Files], Files]
"""A change that knows the format."""


@dataclass(frozen=True)
class Kind:
    """`make` writes good files into an empty folder; `read` reads them, and whatever it returns
    must be `right`; `names` says whether a refusal must name a file or its folder.
    """

    name: str
    make: Callable[[Path], None]
    read: Callable[[Path], Any]
    right: Callable[[Any, Path], bool] = lambda _value, _folder: True
    spoils: tuple[Spoil, ...] = ()
    names: str | None = None

    def input(self, good: Files, seed: int, number: int) -> Files:
        """The files of input `number`; number 0 is the good one."""
        if number == 0:
            return good
        rng = Random(f"{seed} {self.name} {number}")
        if self.spoils and rng.random() < 0.5:
            return rng.choice(self.spoils)(rng, good)
        return one_changed(rng, good)


def one_changed(rng: Random, files: Files) -> Files:
    """One of the files changed blindly, or rarely gone."""
    changed: dict[str, Content] = dict(files)
    name = rng.choice(sorted(changed))
    content = changed[name]
    if not isinstance(content, bytes) or rng.random() < 0.02:
        del changed[name]
    else:
        changed[name] = mutated(rng, content)
    return changed
