"""What a sweep says: an experiment, and the changes whose product are its trials."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, product
from math import prod
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator

from imagette.run.naming import value_names
from imagette.spec import Spec
from imagette.sweep.settings import flattened

# What a sweep says in its own words, and where.
_FOR_ALL = {"seed": "as seeds", "run.title": "as title"}
_FOR_ONE = {**_FOR_ALL, "run.folder": "in set, for all trials"}


def _flat(table: Any) -> Any:
    return flattened(table) if isinstance(table, Mapping) else table


def _each_flat(tables: Any) -> Any:
    return {k: _flat(v) for k, v in tables.items()} if isinstance(tables, Mapping) else tables


def _listed(values: Any) -> Any:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise ValueError(f"must be a list of values. Got {values!r:.60}")
    return tuple(values)


def _refuse(table: Mapping[str, Any], own_words: Mapping[str, str]) -> None:
    for key in table:
        if key in own_words:
            raise ValueError(f"say '{key}' {own_words[key]}")


def _for_all(settings: dict[str, Any]) -> dict[str, Any]:
    _refuse(settings, _FOR_ALL)
    return settings


def _for_each(changes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for settings in changes.values():
        _refuse(settings, _FOR_ONE)
    return changes


def _told_apart(axes: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    _refuse(axes, _FOR_ONE)
    for key, values in axes.items():
        name, times = Counter(value_names(values)).most_common(1)[0]
        if times > 1:
            raise ValueError(f"'{key}' has {name} {times} times: give each value once")
    return axes


def _seeds(value: Any) -> int | tuple[int, ...]:
    """A number of seeds stays one, however large: it is counted before anything is made of it."""
    if _is_whole(value) and value >= 1:
        return int(value)
    is_list = isinstance(value, Sequence) and value and all(map(_is_whole, value))
    if is_list and min(value) >= 0 and max(value) < 2**63 and len({*value}) == len(value):
        return tuple(value)
    raise ValueError(f"a number from 1, or a list of different seeds from 0. Got {value!r:.60}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


Settings = Annotated[dict[str, Any], BeforeValidator(_flat), AfterValidator(_for_all)]
Named = Annotated[dict[str, dict[str, Any]], BeforeValidator(_each_flat), AfterValidator(_for_each)]
Values = Annotated[tuple[Any, ...], BeforeValidator(_listed), Field(min_length=1)]
Axes = Annotated[dict[str, Values], BeforeValidator(_flat), AfterValidator(_told_apart)]


def _refuse_replaced(place: str, keys: Iterable[str], places: Mapping[str, set[str]]) -> None:
    """Refuse a key a.b.c where a or a.b is among those that the same trial may change."""
    for key in keys:
        parts = key.split(".")
        above = [".".join(parts[:depth]) for depth in range(1, len(parts))]
        for table, where in product(above, places):
            if table in places[where]:
                raise ValueError(
                    f"'{table}' (in {where}) replaces all that '{key}' (in {place}) says: "
                    f"give its keys one by one, such as '{table}.name'"
                )


class Sweep(Spec):
    """The trials are the product of `grid`, `pairs`, `variants`, `ablate` and `seeds`.

    `base` holds the values of an experiment, and `set` changes them for all trials. `grid` is a
    product of lists; `pairs` are lists of one length, walked together; `variants` are changes by
    name; `ablate` names changes that each switch one ingredient off: its trials are "all", with
    everything on, and "without NAME" for each. `seeds` is a list, or a number n for 0 to n-1.

    >>> Sweep(title="t", base={}, grid={"recipe.batch": [4, 16]}, seeds=3).num_trials
    6
    """

    title: str = Field(min_length=1)
    base: dict[str, Any]
    set: Settings = Field(default_factory=dict)
    seeds: Annotated[int | tuple[int, ...], BeforeValidator(_seeds)] = 1
    grid: Axes = Field(default_factory=dict)
    pairs: Axes = Field(default_factory=dict)
    variants: Named = Field(default_factory=dict)
    ablate: Named = Field(default_factory=dict)
    _folders: tuple[Path, ...] = PrivateAttr(())

    @model_validator(mode="after")
    def _pairs_are_of_one_length(self) -> "Sweep":
        lengths = {key: len(values) for key, values in self.pairs.items()}
        if len({*lengths.values()}) > 1:
            found = ", ".join(f"'{key}' has {length}" for key, length in lengths.items())
            raise ValueError(f"pairs must be lists of one length: {found}")
        return self

    @model_validator(mode="after")
    def _each_key_is_changed_in_one_place(self) -> "Sweep":
        owner: dict[str, str] = {}
        for place, tables in self._changes().items():
            for key in (key for table in tables for key in table):
                if owner.setdefault(key, place) != place:
                    raise ValueError(f"'{key}' is changed by {owner[key]} and by {place}: by one")
        return self

    @model_validator(mode="after")
    def _no_key_replaces_what_another_says(self) -> "Sweep":
        places: dict[str, list[Mapping[str, Any]]] = {"set": [self.set], **self._changes()}
        everywhere = {place: {*chain.from_iterable(tables)} for place, tables in places.items()}
        for place, tables in places.items():
            for table in tables:  # of which a trial takes one
                _refuse_replaced(place, table, {**everywhere, place: {*table}})
        return self

    def _changes(self) -> dict[str, list[Mapping[str, Any]]]:
        """The tables of each part; a trial has one of each, of `ablate` at most one."""
        return {
            "grid": [self.grid],
            "pairs": [self.pairs],
            "variants": [*self.variants.values()],
            "ablate": [*self.ablate.values()],
        }

    def beside(self, *folders: Path) -> Self:
        """The same sweep, whose code of one's own is looked for in these folders first."""
        sweep = self.model_copy()
        sweep._folders = folders
        return sweep

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where code of one's own is looked for before the working folder."""
        return self._folders

    @property
    def all_seeds(self) -> Sequence[int]:
        return range(self.seeds) if isinstance(self.seeds, int) else self.seeds

    @property
    def factors(self) -> dict[str, int]:
        """How many choices each part has, for the parts that are there; their product counts."""
        found = {key: len(values) for key, values in self.grid.items()}
        found |= {"pairs": len(next(iter(self.pairs.values())))} if self.pairs else {}
        found |= {"variants": len(self.variants)} if self.variants else {}
        found |= {"ablate": len(self.ablate) + 1} if self.ablate else {}
        return found | {"seeds": self.seeds if isinstance(self.seeds, int) else len(self.seeds)}

    @property
    def num_trials(self) -> int:
        """The number of trials, counted without making any."""
        return prod(self.factors.values())
