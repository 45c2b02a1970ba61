"""Settings of a sweep: dotted keys with values, laid over the plain values of an experiment.

`"recipe.batch" = 16`, `recipe.batch = 16` and `recipe = { batch = 16 }` mean the same.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from imagette.settings import put_setting

Settings = Mapping[str, Any]

# One of these says the network anew; so does an optimiser, a loss, a schedule.
_NETWORKS = ("network.name", "network.text", "network.layers", "network.python")


def flattened(table: Mapping[str, Any]) -> dict[str, Any]:
    """Tables inside tables as dotted keys; an empty table, like any other value, stays.

    >>> flattened({"recipe": {"batch": 16, "optimiser": {"name": "sgd"}}, "network.args": {}})
    {'recipe.batch': 16, 'recipe.optimiser.name': 'sgd', 'network.args': {}}
    """
    return dict(_flat(table, ""))


def applied(values: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """A copy of an experiment's values with the settings laid over them.

    What says a network, optimiser, loss or schedule anew drops what the base said of it, so that
    no argument of the old one is left to the new one. Raises UsageError where a key leads through
    what is no table.

    >>> base = {"recipe": {"batch": 4, "optimiser": {"name": "sgd", "momentum": 0.9}}}
    >>> applied(base, {"recipe.optimiser.name": "adam"})
    {'recipe': {'batch': 4, 'optimiser': {'name': 'adam'}}}
    """
    changed = deepcopy(dict(values))
    for key in settings:
        if _says_anew(key):
            put_setting(changed, key.rpartition(".")[0], {})
    for key, value in settings.items():
        put_setting(changed, key, deepcopy(value))
    return changed


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _says_anew(key: str) -> bool:
    return key in _NETWORKS or (key.startswith("recipe.") and key.endswith((".name", ".python")))
