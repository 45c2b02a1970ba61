"""`key=value` as written on a command line."""

import tomllib
from typing import Any

from imagette.errors import UsageError


def read_setting(setting: str, example: str) -> tuple[str, Any]:
    """The key and the value: TOML where it is TOML, else the text as it stands.

    >>> read_setting("recipe.epochs=2", ""), read_setting("name = lenet5", "")
    (('recipe.epochs', 2), ('name', 'lenet5'))
    """
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"--set takes key=value. Got {setting!r:.60}; e.g. --set {example}")
    return key.strip(), _value(text.strip())


def put_setting(values: dict[str, Any], key: str, value: Any) -> None:
    """Changes a dotted key of an experiment's plain values, in place.

    Raises UsageError where the key leads through what is no table.
    """
    *parents, last = key.split(".")
    table = values
    for depth, parent in enumerate(parents):
        inner = table.get(parent)
        if isinstance(inner, str):
            # A bare name, such as optimiser = "sgd", is the table that it stands for.
            inner = {"name": inner} if parents[0] == "recipe" else {}
        if inner is not None and not isinstance(inner, dict):
            where = ".".join(parents[: depth + 1])
            raise UsageError(f"'{key}': '{where}' is not a table, so it has no '{last}'.")
        table[parent] = inner = {} if inner is None else inner
        table = inner
    table[last] = value


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
