"""Parts of an experiment as a reader of its file knows them: names, and what is not null."""

from collections.abc import Mapping
from typing import Any

from imagette.report.names import shown


def spelled(value: Any) -> str:
    """A value of an experiment on one line.

    >>> spelled({"name": "sgd", "rate": 0.1, "momentum": None, "nesterov": False})
    'sgd (rate = 0.1, nesterov = no)'
    >>> spelled([{"name": "flip"}, {"name": "shift", "pixels": 4}])
    'flip, shift (pixels = 4)'
    """
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case Mapping():
            return _of_part(value)
        case None:
            return ""
        case list() | tuple():
            return ", ".join(spelled(one) for one in value)
    return shown(value)


def _of_part(part: Mapping[str, Any]) -> str:
    words = {key: spelled(one) for key, one in part.items() if key != "name"}
    inside = ", ".join(f"{shown(key)} = {word}" for key, word in words.items() if word)
    name = shown(part["name"]) if part.get("name") else ""
    return f"{name} ({inside})" if name and inside else name or inside


def shape(sides: list[int] | tuple[int, ...]) -> str:
    """Sides of a tensor.

    >>> shape([6, 28, 28])
    '6×28×28'
    """
    return "\N{MULTIPLICATION SIGN}".join(map(str, sides))
