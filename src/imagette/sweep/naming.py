"""Short readable names for what a trial changes: `batch=16`, `optimiser=adam`, `augment=none`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imagette.store.naming import safe_title

LONGEST = 40  # of a value's text; a longer one, such as a network's, is told by its number


def axis_names(keys: Iterable[str]) -> dict[str, str]:
    """For each dotted key its last word; the whole key where two end alike.

    >>> axis_names(["recipe.batch", "data.name"])
    {'recipe.batch': 'batch', 'data.name': 'data'}
    >>> axis_names(["recipe.batch", "evaluation.batch"])["recipe.batch"]
    'recipe.batch'
    """
    short = {key: _last_word(key) for key in keys}
    words = list(short.values())
    return {key: word if words.count(word) == 1 else key for key, word in short.items()}


def value_names(values: Sequence[Any]) -> list[str]:
    """A text for each value of an axis; a table's name alone, if that tells them apart.

    >>> value_names([16, "all", [], ["flip", {"name": "shift", "pixels": 2}], True])
    ['16', 'all', 'none', 'flip+shift', 'true']
    >>> value_names([{"name": "sgd", "rate": 0.1}, {"name": "sgd", "rate": 0.2}])
    ['sgd rate=0.1', 'sgd rate=0.2']
    """
    short = [_text(value, whole=False) for value in values]
    texts = [
        brief if short.count(brief) == 1 else _text(value, whole=True)
        for brief, value in zip(short, values, strict=True)
    ]
    return [
        text if len(text) <= LONGEST and text.isprintable() else f"#{number}"
        for number, text in enumerate(texts, start=1)
    ]


def folder_names(names: Sequence[str]) -> list[str]:
    """A folder's name for each trial's name, all different where case counts for nothing too.

    >>> folder_names(["without flip", "Without: flip", "batch=16"])
    ['without-flip', 'Without-flip-2', 'batch-16']
    """
    taken: set[str] = set()
    folders = []
    for number, name in enumerate(names, start=1):
        folder = safe_title(name)
        while folder.casefold() in taken:
            folder = f"{folder}-{number}"
        taken.add(folder.casefold())
        folders.append(folder)
    return folders


def _last_word(key: str) -> str:
    *above, last = key.split(".")
    return above[-1] if last == "name" and above else last


def _text(value: Any, whole: bool) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "none"
        case Mapping():
            rest = [f"{key}={_text(inner, whole)}" for key, inner in value.items() if key != "name"]
            named = [str(value["name"])] if "name" in value else []
            return " ".join(named if named and not whole else [*named, *rest]) or "none"
        case list() | tuple():
            return "+".join(_text(inner, whole) for inner in value) or "none"
    return str(value)
