"""How each kind of value in a layer is written, read and bounded.

A layer's field names its form in its metadata; parser, printer, JSON and the checks follow from it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from math import isfinite
from typing import Any

from imagette.network.tensors import MAX_SIDE

CLASSES = "classes"
SAME = "same"
CHANNELS = "channels"


@dataclass(frozen=True)
class Form:
    """One kind of value. `read` raises ValueError on a text that is not of this form."""

    rule: str
    accepts: Callable[[Any], bool]
    read: Callable[[str], Any]
    write: Callable[[Any], str]


@dataclass(frozen=True)
class Slot:
    """A field of a layer, as the language sees it."""

    field: str
    word: str
    form: Form
    required: bool


def argument(form: Form) -> dict[str, Any]:
    """Metadata of a field written by its place: the `32` and `3x3` of `conv 32 3x3`."""
    return {"form": form, "required": True, "word": None}


def option(form: Form, word: str | None = None) -> dict[str, Any]:
    """Metadata of a field written as `word=value`; `word` is the field's name by default."""
    return {"form": form, "required": False, "word": word}


def slots(kind: type) -> tuple[Slot, ...]:
    """What the language can say of this kind of layer: arguments, options, and last the name."""
    return _slots(kind)


@cache
def _slots(kind: type) -> tuple[Slot, ...]:
    found = [
        Slot(field.name, field.metadata["word"] or field.name, form, field.metadata["required"])
        for field in fields(kind)
        if (form := field.metadata.get("form"))
    ]
    return tuple(sorted(found, key=lambda slot: (slot.word == "name", not slot.required)))


# Eighteen digits are plenty, and keep int() clear of Python's own limit on long numerals.
_WHOLE = r"-?[0-9]{1,18}"
_NUMBER = re.compile(r"-?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:e[+-]?[0-9]{1,3})?")
_PAIR = re.compile(rf"({_WHOLE})(?:x({_WHOLE}))?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def _is_whole(value: object, least: int, most: int | None = None) -> bool:
    return type(value) is int and value >= least and (most is None or value <= most)


def _is_sides(value: object, count: int, least: int) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == count
        and all(_is_whole(side, least, MAX_SIDE) for side in value)
    )


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and isfinite(value)  # type: ignore[arg-type]


def _read_whole(text: str) -> int:
    if not re.fullmatch(_WHOLE, text):
        raise ValueError(text)
    return int(text)


def _read_number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def _read_pair(text: str) -> tuple[int, int]:
    if not (found := _PAIR.fullmatch(text)):
        raise ValueError(text)
    return int(found[1]), int(found[2] or found[1])


def _read_padding(text: str) -> str | tuple[int, ...]:
    if text == SAME:
        return SAME
    sides = tuple(_read_whole(side) for side in text.split(","))
    if len(sides) not in (1, 4):
        raise ValueError(text)
    return sides if len(sides) == 4 else sides * 4


def _read_flag(text: str) -> bool:
    return {"yes": True, "no": False}[text] if text in ("yes", "no") else _refuse(text)


def _read_name(text: str) -> str:
    return text if _NAME.fullmatch(text) else _refuse(text)


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _write_pair(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _write_padding(padding: str | tuple[int, ...]) -> str:
    if isinstance(padding, str):
        return padding
    return str(padding[0]) if len(set(padding)) == 1 else ",".join(map(str, padding))


_SIDES = f"whole numbers from 1 to {MAX_SIDE:,}"

COUNT = Form("a whole number from 1", lambda v: _is_whole(v, 1), _read_whole, str)
WIDTH = Form(
    "a whole number from 1, or the word classes or same",
    lambda v: v in (CLASSES, SAME) or _is_whole(v, 1),
    lambda text: text if text in (CLASSES, SAME) else _read_whole(text),
    str,
)
GROUPS = Form(
    "a whole number from 1, or the word channels",
    lambda v: v == CHANNELS or _is_whole(v, 1),
    lambda text: text if text == CHANNELS else _read_whole(text),
    str,
)
PAIR = Form(
    f"one or two {_SIDES}, such as 2 or 2x3",
    lambda v: _is_sides(v, 2, 1),
    _read_pair,
    _write_pair,
)
KERNEL = Form(
    f"one or two {_SIDES}, such as 3x3",
    PAIR.accepts,
    _read_pair,
    lambda pair: f"{pair[0]}x{pair[1]}",
)
PADDING = Form(
    f"same, or one whole number from 0 to {MAX_SIDE:,}, or four (top,bottom,left,right)",
    lambda v: v == SAME or _is_sides(v, 4, 0),
    _read_padding,
    _write_padding,
)
RATE = Form(
    "a number from 0 to below 1", lambda v: _is_number(v) and 0 <= v < 1, _read_number, repr
)
SHARE = Form("a number from 0 to 1", lambda v: _is_number(v) and 0 <= v <= 1, _read_number, repr)
FACTOR = Form("a finite number", _is_number, _read_number, repr)
SMALL = Form("a number above 0", lambda v: _is_number(v) and v > 0, _read_number, repr)
FLAG = Form("yes or no", lambda v: type(v) is bool, _read_flag, lambda v: "yes" if v else "no")
NAME = Form(
    "a letter, then at most 63 letters, digits, - and _",
    lambda v: isinstance(v, str) and (v == "" or bool(_NAME.fullmatch(v))),
    _read_name,
    str,
)
