"""The text form of a network: one line a layer, sizes said once, literals only.

    network   = items
    items     = { separator } [ statement { separator { separator } statement } { separator } ]
    statement = word { argument | option } [ blocks ]
    option    = key "=" value                 no space around the sign
    blocks    = block [ block ]               of residual: its body, and its shortcut if any
              | block                         of gate
              | "{" block block { block } "}" of branches, separators between blocks allowed
    block     = "{" items "}"
    separator = newline | ";"
    comment   = "#" and the rest of the line

Words, keys and arguments are free of spaces, braces, semicolons and "#"; an argument is free of "="
too. Which words, keys and values there are, the layers themselves say.

>>> network = parse("conv 6 5x5; relu; maxpool 2; flatten; linear classes  # a small one")
>>> parse(to_text(network)) == network
True
>>> parse("conv 6 5x5 strid=2")  # doctest: +ELLIPSIS
Traceback (most recent call last):
imagette.network.errors.NetworkError: line 1, 'conv 6 5x5 strid=2': ... Did you mean 'stride'? ...
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from imagette.errors import nearest
from imagette.network.containers import check_depth
from imagette.network.errors import NetworkError
from imagette.network.forms import Slot, slots
from imagette.network.layer import Layer, Written
from imagette.network.layers import (
    WORDS,
    Block,
    Branches,
    Container,
    Gate,
    Network,
    Residual,
)

_TOKEN = re.compile(r"(?P<end>[\n;])|(?P<brace>[{}])|(?P<word>[^\s{};#]+)|#[^\n]*|[^\S\n]+")


def parse(text: str) -> Network:
    """Read a network; raises NetworkError with the line, the layer as written and the remedy."""
    return _Parser(text).network()


def to_text(network: Network) -> str:
    """Write a network so that `parse` gives it back; raises NetworkError on impossible values."""
    return "\n".join(_lines(network.layers)) + "\n"


def statement(layer: Layer) -> str:
    """A layer's own line, without its blocks and with what differs from the defaults only.

    >>> from imagette.network.layers import Conv
    >>> statement(Conv(32, 3, stride=2, padding="same", name="stem"))
    'conv 32 3x3 stride=2 pad=same name=stem'
    """
    return " ".join([layer.word, *(_shown(layer, slot) for slot in spoken(layer))])


def spoken(layer: Layer) -> list[Slot]:
    """The slots that must be said: the arguments, and the options that differ from their default.

    A default may depend on an argument, as a pooling's stride does, so the layer is made bare.
    """
    every = slots(layer.__class__)
    if isinstance(layer, Container):
        return [slot for slot in every if getattr(layer, slot.field)]
    bare = type(layer)(**{s.field: getattr(layer, s.field) for s in every if s.required})
    return [s for s in every if s.required or getattr(layer, s.field) != getattr(bare, s.field)]


def _shown(layer: Layer, slot: Slot) -> str:
    value = getattr(layer, slot.field)
    # An impossible value is shown too, in the message that refuses it.
    text = slot.form.write(value) if slot.form.accepts(value) else str(value)
    return text if slot.required else f"{slot.word}={text}"


def _lines(block: Block) -> Iterator[str]:
    for layer in block:
        layer.check_values()
        if isinstance(layer, Residual | Gate):
            yield f"{statement(layer)} {{"
            yield from _indented(layer.body)
            if isinstance(layer, Residual) and layer.shortcut:
                yield "} {"
                yield from _indented(layer.shortcut)
            yield "}"
        elif isinstance(layer, Branches):
            yield f"{statement(layer)} {{"
            for branch in layer.branches:
                yield from ("  {", *(f"  {line}" for line in _indented(branch)), "  }")
            yield "}"
        else:
            yield statement(layer)


def _indented(block: Block) -> Iterator[str]:
    return (f"  {line}" for line in _lines(block))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "word", "brace", "end" (of a statement), or "last" (of the text)
    text: str
    line: int
    start: int


def _tokens(text: str) -> list[_Token]:
    found, line = [], 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup:
            found.append(_Token(match.lastgroup, match[0], line, match.start()))
        line += match[0] == "\n"
    return [*found, _Token("last", "", line, len(text))]


class _Parser:
    """Recursive descent; one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        # Every end of line that Python knows is one here; a lone \r would hide the rest of a line.
        self.text = "\n".join(text.splitlines())
        self.tokens = _tokens(self.text)
        self.position = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self) -> _Token:
        token = self.token
        self.position += token.kind != "last"
        return token

    def skip_ends(self) -> None:
        while self.token.kind == "end":
            self.position += 1

    def network(self) -> Network:
        layers = self.items(0)
        if self.token.kind != "last":
            self.refuse("this } closes nothing; remove it, or open its { before")
        return Network(layers)

    def items(self, depth: int) -> Block:
        layers = []
        self.skip_ends()
        while self.token.kind == "word":
            layers.append(self.statement(depth))
            if self.token.kind == "word":
                self.refuse(f"after }}, {self.token.text!r:.60} must start a new line, or follow ;")
            self.skip_ends()
        if self.token.text == "{":
            self.refuse("this { belongs to no layer; write residual, branches or gate before it")
        return tuple(layers)

    def statement(self, depth: int) -> Layer:
        first = self.position
        while self.token.kind == "word":
            self.position += 1
        words = self.tokens[first : self.position]
        end = words[-1].start + len(words[-1].text)
        written = Written(words[0].line, self.text[words[0].start : end])
        with _blaming(written):
            kind, values = _read_words([token.text for token in words])
            if issubclass(kind, Container):
                self.enter(kind, depth + 1)
        if issubclass(kind, Container):
            values |= self.blocks(kind, depth + 1)
        with _blaming(written):
            return kind(**values, written=written)

    def enter(self, kind: type[Container], depth: int) -> None:
        check_depth(depth)
        if not self.opens():
            example = "{ { ... } { ... } }" if kind is Branches else "{ ... }"
            raise NetworkError(f"its layers are missing; write {kind.word} {example}")

    def blocks(self, kind: type[Container], depth: int) -> dict[str, Any]:
        if kind is Branches:
            return {"branches": self.branches(depth)}
        body = self.block(depth)
        if kind is Gate:
            return {"body": body}
        return {"body": body, "shortcut": self.block(depth) if self.opens() else ()}

    def opens(self) -> bool:
        """Whether a block comes next, perhaps on a later line."""
        after = self.position
        while self.tokens[after].text == "\n":
            after += 1
        if self.tokens[after].text != "{":
            return False
        self.position = after
        return True

    def branches(self, depth: int) -> tuple[Block, ...]:
        opening, found = self.take(), []
        self.skip_ends()
        while self.token.text == "{":
            found.append(self.block(depth))
            self.skip_ends()
        if self.token.kind == "word":
            self.refuse("each branch stands in its own braces: branches { { ... } { ... } }")
        self.close(opening)
        return tuple(found)

    def block(self, depth: int) -> Block:
        opening = self.take()
        layers = self.items(depth)
        self.close(opening)
        return layers

    def close(self, opening: _Token) -> None:
        if self.take().text != "}":
            raise NetworkError(f"line {opening.line}: this {{ is never closed; add its }}")

    def refuse(self, what: str) -> NoReturn:
        raise NetworkError(f"line {self.token.line}: {what}")


@contextmanager
def _blaming(written: Written) -> Iterator[None]:
    """Put in front of an error where the layer stands, and what it is."""
    try:
        yield
    except NetworkError as error:
        raise NetworkError(f"{written}: {error}") from None


def _read_words(words: list[str]) -> tuple[type[Layer], dict[str, Any]]:
    word, *rest = words
    if word not in WORDS:
        raise NetworkError(f"no layer is called {word!r:.60}. {nearest(word[:40].lower(), WORDS)}")
    kind = WORDS[word]
    arguments = [text for text in rest if "=" not in text]
    options = [text.split("=", 1) for text in rest if "=" in text]
    return kind, _read_arguments(kind, arguments) | _read_options(kind, options)


def _read_arguments(kind: type[Layer], arguments: list[str]) -> dict[str, Any]:
    expected = [slot for slot in slots(kind) if slot.required]
    if len(arguments) != len(expected):
        takes = " and ".join(slot.word for slot in expected) or "no argument"
        got = " ".join(arguments) or "none"
        raise NetworkError(
            f"{kind.word} takes {takes}. Got {got!r:.60}; options are written key=value"
        )
    return {s.field: _read(s, text) for s, text in zip(expected, arguments, strict=True)}


def _read_options(kind: type[Layer], options: list[list[str]]) -> dict[str, Any]:
    known = {slot.word: slot for slot in slots(kind) if not slot.required}
    values: dict[str, Any] = {}
    for key, text in options:
        if key not in known:
            hint = nearest(key[:40].lower(), known)
            raise NetworkError(f"{kind.word} has no option {key!r:.60}. {hint}")
        if known[key].field in values:
            raise NetworkError(f"{key} is given twice; keep one")
        values[known[key].field] = _read(known[key], text)
    return values


def _read(slot: Slot, text: str) -> Any:
    try:
        return slot.form.read(text)
    except ValueError:
        raise NetworkError(f"{slot.word} must be {slot.form.rule}. Got {text!r:.60}") from None
