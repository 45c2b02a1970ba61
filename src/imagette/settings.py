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


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
