"""Short readable names for changes: `batch=16`, `optimiser=adam`, `augment=flip+shift`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LONGEST = 40  # characters of a value in a name


def short_keys(keys: Iterable[str]) -> dict[str, str]:
    """For each dotted key its last word; the whole key where two end alike.

    >>> short_keys(["recipe.batch", "data.name"])
    {'recipe.batch': 'batch', 'data.name': 'data'}
    >>> short_keys(["recipe.batch", "evaluation.batch"])["recipe.batch"]
    'recipe.batch'
    """
    short = {key: _last_word(key) for key in keys}
    times = Counter(short.values())
    return {key: word if times[word] == 1 else key for key, word in short.items()}


def text_of(value: Any, whole: bool = False) -> str:
    """A value as a person would say it; of a table with a name that alone, unless `whole`.

    >>> [text_of(value) for value in (True, None, [], ["flip", {"name": "shift", "pixels": 2}])]
    ['true', 'none', 'none', 'flip+shift']
    >>> text_of({"name": "sgd", "rate": 0.1}, whole=True)
    'sgd rate=0.1'
    """
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "none"
        case Mapping():
            named = [str(value["name"])] if "name" in value else []
            if named and not whole:
                return named[0]
            rest = [f"{k}={text_of(inner, whole)}" for k, inner in value.items() if k != "name"]
            return " ".join([*named, *rest]) or "none"
        case list() | tuple():
            return "+".join(text_of(inner, whole) for inner in value) or "none"
    return str(value)


def value_names(values: Sequence[Any]) -> list[str]:
    """A text for each value; a table's name alone, if that tells them apart; a number if too long.

    >>> value_names([{"name": "sgd", "rate": 0.1}, {"name": "sgd", "rate": 0.2}, "x" * 50])
    ['sgd rate=0.1', 'sgd rate=0.2', '#3']
    """
    short = [text_of(value) for value in values]
    times = Counter(short)
    texts = [
        brief if times[brief] == 1 else text_of(value, whole=True)
        for brief, value in zip(short, values, strict=True)
    ]
    return [text if is_short(text) else f"#{number}" for number, text in enumerate(texts, start=1)]


def is_short(text: str) -> bool:
    return len(text) <= LONGEST and text.isprintable()


def _last_word(key: str) -> str:
    *above, last = key.split(".")
    return above[-1] if last == "name" and above else last
