"""Values read back that are not what was written: found by their kind, told in one line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from imagette.errors import StoreError
from imagette.plain import short
from imagette.store.json_files import Row


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_number(value: Any) -> bool:
    if type(value) is float:
        return isfinite(value)
    return type(value) is int and abs(value) < 2**63


Kinds = Mapping[str, Kind]
"""By the key whose value it is of."""

WHOLE = Kind("a whole number from 0", _is_whole)
NUMBER = Kind("a finite number", _is_number)
NUMBER_OR_NONE = Kind("a finite number or null", lambda value: value is None or _is_number(value))
TEXT = Kind("text", lambda value: isinstance(value, str))
TABLE = Kind("a table", lambda value: isinstance(value, dict))
NUMBERS = Kind(
    "a table of finite numbers",
    lambda value: isinstance(value, dict) and all(map(_is_number, value.values())),
)


def checked(row: Row, path: Path, kinds: Kinds, line: int | None = None) -> Row:
    """The row, every key of `kinds` found to be there and of its kind; StoreError names the first.

    >>> checked({"step": 3, "note": ""}, Path("last.json"), {"step": WHOLE})
    {'step': 3, 'note': ''}
    >>> checked({"step": -1}, Path("last.json"), {"step": WHOLE})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    imagette.errors.StoreError: last.json is damaged: 'step' must be a whole number from 0. Got ...
    """
    for key, kind in kinds.items():
        if not kind.holds(row.get(key)):
            where = f"{path} is damaged" + (f" at line {line}" if line else "")
            got = short(repr(row.get(key)), 60)
            raise StoreError(f"{where}: {key!r} must be {kind.words}. Got {got}: copy it again")
    return row


def checked_rows(rows: Sequence[Row], path: Path, kinds: Kinds) -> list[Row]:
    """The rows of a file, each of them `checked`."""
    return [checked(row, path, kinds, number) for number, row in enumerate(rows, start=1)]


def checked_figures(rows: Sequence[Row], path: Path) -> list[Row]:
    """Rows of history: epoch, step, and losses and accuracies that are numbers or absent."""
    for number, row in enumerate(rows, start=1):
        figures = [key for key in row if key.endswith(("_loss", "_accuracy")) or key == "rate"]
        kinds = {"epoch": WHOLE, "step": WHOLE, **dict.fromkeys(figures, NUMBER_OR_NONE)}
        checked(row, path, kinds, number)
    return list(rows)


@contextmanager
def naming_damage(path: Path) -> Iterator[None]:
    """Turns what values of a wrong kind raise inside into one StoreError that names `path`."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, IndexError) as error:
        told = short(f"{type(error).__name__} {error}")
        raise StoreError(
            f"{path} is damaged, a value is missing or not what it should be ({told}): "
            "copy the run again"
        ) from error
