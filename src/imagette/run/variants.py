"""What tells variants apart: the keys in which their experiments differ, and short names for them.

Two runs are of one variant if their resolved experiments are equal apart from the seed and `run`,
and so are the code, the network and the data behind them.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imagette.run.naming import is_short, short_keys, text_of

NOT_SCIENCE = ("seed", "run")
ABSENT = "default"  # a key that only the other experiment has
MOST_CHANGES = 4  # in a name; with more, a title says it better

Changes = Mapping[str, str]
"""Dotted keys to the text of their values."""


def identity(resolved: Mapping[str, Any], contents: Mapping[str, Any]) -> str:
    """A text that is equal for runs of one variant, and for no others.

    `contents` are the digests of what the experiment names without saying what is in it: code of
    one's own, the network that it makes, the data.
    """
    science = {key: value for key, value in resolved.items() if key not in NOT_SCIENCE}
    return json.dumps([science, contents], sort_keys=True)


def changes(first: Mapping[str, Any], other: Mapping[str, Any]) -> Changes:
    """The keys of `other` that differ from the first experiment, with their values as text.

    A table whose `name` differs is told by its name, and by the keys that both have.

    >>> changes({"recipe": {"batch": 4}}, {"seed": 1, "recipe": {"batch": 16}})
    {'recipe.batch': '16'}
    >>> one, two = {"name": "sgd", "rate": 0.1, "momentum": 0.9}, {"name": "adam", "rate": 0.002}
    >>> changes({"optimiser": one}, {"optimiser": two})
    {'optimiser': 'adam', 'optimiser.rate': '0.002'}
    """
    kept = [
        {key: value for key, value in table.items() if key not in NOT_SCIENCE}
        for table in (first, other)
    ]
    return dict(_changes(kept[0], kept[1], ""))


def variant_names(found: Sequence[Mapping[str, Any]], titles: Sequence[str]) -> tuple[str, ...]:
    """A name for each of the experiments, all different: what it changes, else its title.

    Trials of one sweep keep their own names, which their titles hold. The first is named by its
    values too, where the same keys tell all the others from it.

    >>> batch = [{"recipe": {"batch": n}} for n in (4, 16, "all")]
    >>> variant_names(batch, ["cnn", "cnn", "cnn"])
    ('batch=4', 'batch=16', 'batch=all')
    """
    trials = _trial_names(titles)
    if trials:
        return trials
    first = found[0]
    changed = [changes(first, other) for other in found]
    keys = dict.fromkeys(key for one in changed for key in one)
    if len(found) > 1 and all(one.keys() == keys.keys() for one in changed[1:]):
        changed[0] = changes(found[1], first)
    short = short_keys(keys)
    names = [_name(one, short) or title for one, title in zip(changed, titles, strict=True)]
    return _told_apart(names, titles)


def _trial_names(titles: Sequence[str]) -> tuple[str, ...] | None:
    """What differs in titles "SWEEP: TRIAL" of one sweep; None for any others."""
    parts = [title.partition(": ") for title in titles]
    trials = {trial for _, _, trial in parts if trial}
    one_sweep = len({sweep for sweep, _, _ in parts}) == 1
    if len(titles) < 2 or not one_sweep or len(trials) < len(titles):
        return None
    return tuple(trial for _, _, trial in parts)


def _changes(first: Any, other: Any, key: str) -> Iterator[tuple[str, str]]:
    if first == other:
        return
    if not (isinstance(first, Mapping) and isinstance(other, Mapping)):
        yield key, text_of(other, whole=text_of(first) == text_of(other))
        return
    renamed = first.get("name") != other.get("name")
    if renamed:
        yield key, text_of(other.get("name"))
    for inner in dict.fromkeys([*first, *other]):
        shared = inner in first and inner in other
        if inner != "name" and (shared or not renamed):
            below = f"{key}.{inner}" if key else inner
            yield from _changes(first.get(inner, ABSENT), other.get(inner, ABSENT), below)


def _name(changed: Changes, short: Mapping[str, str]) -> str | None:
    """None where the changes are too many, or too long to be read, for a name."""
    values = changed.values()
    if not 0 < len(changed) <= MOST_CHANGES or not all(is_short(value) for value in values):
        return None
    return ", ".join(f"{short[key]}={value}" for key, value in changed.items())


def _told_apart(names: Sequence[str], titles: Sequence[str]) -> tuple[str, ...]:
    """The names, with the title where two are alike, and a number where that is not enough."""
    times = Counter(names)
    whole = [
        f"{name} ({title})" if times[name] > 1 and title != name else name
        for name, title in zip(names, titles, strict=True)
    ]
    seen: Counter[str] = Counter()
    told = []
    for name in whole:
        seen[name] += 1
        told.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(told)
