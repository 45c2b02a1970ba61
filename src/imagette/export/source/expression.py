"""Code with holes for numbers, so that layers that differ in numbers alone are written once."""

from collections.abc import Sequence
from dataclasses import dataclass

HOLE = "\0"

Number = int | float


@dataclass(frozen=True, slots=True)
class Hole:
    """A number in a piece of code, and what it is called where it must have a name."""

    role: str  # "channels", "inputs", ...
    value: Number


@dataclass(frozen=True, slots=True)
class Expression:
    r"""Code whose holes are filled with numbers or with names.

    >>> Expression("nn.Linear(\0, \0)", (Hole("inputs", 84), Hole("features", 10))).literal
    'nn.Linear(84, 10)'
    """

    text: str
    holes: tuple[Hole, ...] = ()

    def filled(self, words: Sequence[str]) -> str:
        first, *others = self.text.split(HOLE)
        return first + "".join(f"{w}{part}" for w, part in zip(words, others, strict=True))

    @property
    def literal(self) -> str:
        return self.filled([number_text(hole.value) for hole in self.holes])


def number_text(number: Number) -> str:
    """As a person writes it: thousands apart, no exponent without need.

    >>> number_text(60000), number_text(0.0005), number_text(1.0)
    ('60_000', '0.0005', '1.0')
    """
    return f"{number:_}" if isinstance(number, int) else repr(number)


def tuple_text(values: Sequence[Number]) -> str:
    """As in `(1, 2)` and `(1,)`."""
    inner = ", ".join(map(number_text, values))
    return f"({inner},)" if len(values) == 1 else f"({inner})"


def shape_comment(shape: Sequence[int]) -> str:
    """As in `[8, 24, 24]`."""
    return f"[{', '.join(map(str, shape))}]"
