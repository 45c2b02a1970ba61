"""Which array of a file is which weight of a network: by equal names, by a map, or by order."""

import json
import tomllib
from collections.abc import Container, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from imagette.errors import UsageError
from imagette.plain import short
from imagette.store.matching import Shape
from imagette.store.whole import read_whole

ORDER = "order"

_OF_TORCH = {"mean": "running_mean", "var": "running_var"}
_KINDS = {"weight", "bias", "mean", "var"}
_COUNT = ".num_batches_tracked"  # of torch's batch norms, which no network here reads

Names = Mapping[str, str]
"""A weight ("conv1.weight") or a layer ("conv1") of the network, and what the file calls it."""


def read_names(path: Path) -> dict[str, str]:
    """A map of names from a TOML or JSON file; raises UsageError for anything else."""
    try:
        text = read_whole(path).decode()
        value = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise UsageError(f"--names {path} is not there: name a TOML or JSON file") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--names {path} cannot be read ({short(error)})") from None
    flat = _flat(value)
    if not flat or not all(isinstance(name, str) for name in flat.values()):
        raise UsageError(
            f"--names {path} must say what the file calls each weight or layer, as in "
            '"conv1" = "features.0"'
        )
    return flat


def _flat(value: Any, prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """TOML reads `residual1.conv1 = ...` without quotes as a table in a table."""
    if not isinstance(value, dict) or depth > 40:
        return {prefix: value}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        found |= _flat(inner, f"{prefix}.{key}" if prefix else str(key), depth + 1)
    return found


def sources_by_name(
    wanted: Mapping[str, Shape], held: Mapping[str, Shape], names: Names
) -> dict[str, str]:
    """For each weight of the network that the file has, what the file calls it.

    A weight's own entry of `names` comes before its layer's; without either it has its own name,
    or that of torch's batch norms. Raises UsageError for an entry that names nothing.

    >>> held = {"features.0.weight": (8, 1, 5, 5)}
    >>> sources_by_name({"conv1.weight": (8, 1, 5, 5)}, held, {"conv1": "features.0"})
    {'conv1.weight': 'features.0.weight'}
    """
    _check_entries(wanted, names)
    found = {name: _source(name, held, names) for name in wanted}
    mapped = [n for n in wanted if (n in names or _layer(n) in names) and found[n] not in held]
    if mapped:
        absent = found[mapped[0]]
        raise UsageError(f"--names: the file has no {absent!r}. {_near(absent, held)}")
    return {name: source for name, source in found.items() if source in held}


def sources_by_order(
    wanted: Mapping[str, Shape], held: Mapping[str, Shape], path: Path
) -> dict[str, str]:
    """The weights of the network and those of the file side by side; shapes must be equal.

    Raises UsageError for the first pair that is not, and for one whose names say that they differ:
    a norm's weight, bias, mean and variance have one shape.
    """
    counted = any(name.endswith(_COUNT) for name in wanted)
    given = [name for name in held if counted or not name.endswith(_COUNT)]
    for number, (name, source) in enumerate(zip(wanted, given, strict=False), start=1):
        if wanted[name] != held[source]:
            raise UsageError(
                f"--names order: weight {number} is {name} {list(wanted[name])} in the network and "
                f"{source} {list(held[source])} in {path}: give a file of names"
            )
        if _kind(source) not in (_kind(name), None):
            raise UsageError(
                f"--names order: weight {number} is {name} in the network and {source} in {path}, "
                "by its name another thing of the same shape: give a file of names"
            )
    if len(wanted) != len(given):
        raise UsageError(
            f"--names order: the network has {len(wanted)} weights and {path} has {len(given)}: "
            "give a file of names"
        )
    return dict(zip(wanted, given, strict=True))


def _kind(name: str) -> str | None:
    """What a weight is, if its name says so in words that are known here."""
    last = name.rpartition(".")[2]
    of_torch = {theirs: ours for ours, theirs in _OF_TORCH.items()}
    return of_torch.get(last, last if last in _KINDS else None)


def left_over(held: Iterable[str], used: Container[str]) -> list[str]:
    """What the file holds and nobody asked for, but for the counts of torch's batch norms."""
    return [name for name in held if name not in used and not name.endswith(_COUNT)]


def _source(name: str, held: Mapping[str, Shape], names: Names) -> str:
    layer, last = _layer(name), name.rpartition(".")[2]
    if name in names:
        return names[name]
    stem = names.get(layer, layer)
    plain = f"{stem}.{last}" if stem else last
    of_torch = f"{stem}.{_OF_TORCH.get(last, last)}"
    return of_torch if plain not in held and of_torch in held else plain


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _check_entries(wanted: Mapping[str, Shape], names: Names) -> None:
    known = {*wanted, *map(_layer, wanted)}
    for name in names:
        if name not in known:
            raise UsageError(
                f"--names: the network has no {short(name, 60)!r}. {_near(name, known)}"
            )


def _near(name: str, choices: Iterable[str]) -> str:
    close = get_close_matches(name, list(choices), n=3, cutoff=0.3) or sorted(choices)[:3]
    return f"It has {short(', '.join(close))}, ..."
