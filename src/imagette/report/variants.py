"""Variants as a page knows them, and their table: a row each, to be sorted by any figure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from imagette.evaluate.comparison import Difference, Spread
from imagette.evaluate.pareto import pareto_front
from imagette.report.blocks import Cell, Column, Table, Tone
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.verdict import p_text

State = Literal["finished", "stopped", "failed", "unfinished"]

NOTHING = "–"  # what the sort of a page's tables puts last
PRICES = ("parameters", "operations", "train_seconds")

_SPLITS = ("train", "validation", "test")
_TONES: Mapping[str, Tone] = {"better": "good", "worse": "bad"}
_WORDS = {"better": "better", "worse": "worse", "no difference shown": "untold"}


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run behind a variant: where it is, how far it came, and whether its figures count."""

    path: str
    seed: int
    state: State
    epochs: int
    accuracy: float | None
    counted: bool


@dataclass(frozen=True, slots=True)
class VariantLine:
    """A variant: figures of the runs that count, as means over their n seeds."""

    name: str
    split: str | None
    n: int
    accuracy: Spread | None
    difference: Difference | None
    no_difference: str | None  # why there is none, where there is not
    parameters: int
    operations: int  # forward, of one image
    uncounted: bool  # there are more operations than these
    train_seconds: float | None
    seconds_per_epoch: float | None
    losses: Mapping[str, float]
    notes: tuple[str, ...]
    runs: tuple[RunLine, ...]

    def price(self, kind: str) -> float | None:
        """One of `PRICES`; None where it is not known."""
        if kind == "operations" and self.uncounted:
            return None
        price: float | None = getattr(self, kind)
        return price


def on_front(variants: Sequence[VariantLine], kind: str) -> tuple[str, ...]:
    """The names of the variants that no other beats in accuracy for that price."""
    known = [
        (one.name, price, one.accuracy.mean)
        for one in variants
        if one.accuracy and (price := one.price(kind)) is not None
    ]
    front = pareto_front([price for _, price, _ in known], [right for _, _, right in known])
    return tuple(name for (name, _, _), is_on in zip(known, front, strict=True) if is_on)


def variants_table(variants: Sequence[VariantLine], against: str, say: Language) -> Table:
    """One row a variant: accuracy, difference from `against`, price, losses."""
    losses = [one for one in _SPLITS if any(one in variant.losses for variant in variants)]
    mixed = len({variant.split for variant in variants}) > 1
    fronts = {kind: on_front(variants, kind) for kind in PRICES}
    rows = tuple(
        (
            *_judged(one, mixed, say),
            *_difference(one, against, say),
            *_prices(one, say),
            *(_decimal(one.losses.get(split), 4, say) for split in losses),
            Cell(_fronts(one.name, fronts, say)),
        )
        for one in variants
    )
    return Table(tuple(_columns(losses, against, say)), rows)


def _columns(losses: Sequence[str], against: str, say: Language) -> Iterator[Column]:
    yield Column(say("compare.variant"))
    yield Column(say("compare.seeds"), numeric=True, help=say("compare.seeds_help"))
    yield Column(say("compare.accuracy"), numeric=True, help=say("compare.accuracy_help"))
    yield Column(say("compare.deviation"), numeric=True, help=say("compare.deviation_help"))
    by = say("compare.difference_help", against=shown(against))
    yield Column(say("compare.difference"), numeric=True, help=by)
    yield Column(say("compare.interval"), numeric=True, help=say("compare.interval_help"))
    yield Column(say("compare.p"), numeric=True, help=say("compare.p_help"))
    yield Column(say("compare.verdict"), whole=True)
    yield Column(say("compare.parameters"), numeric=True)
    yield Column(say("compare.operations"), numeric=True, help=say("compare.operations_help"))
    yield Column(say("compare.train_seconds"), numeric=True)
    yield Column(say("compare.per_epoch"), numeric=True)
    for split in losses:
        yield Column(say("compare.loss", split=say(f"split.{split}")), numeric=True)
    yield Column(say("compare.front"), whole=True, help=say("compare.pareto_caption"))


def _judged(one: VariantLine, mixed: bool, say: Language) -> Iterator[Cell]:
    accuracy = one.accuracy
    yield Cell(shown(one.name))
    yield Cell(say.integer(one.n), one.n)
    if accuracy is None:
        yield Cell(NOTHING)
        yield Cell(NOTHING)
        return
    of = f" ({say(f'split.{one.split}')})" if mixed else ""
    yield Cell(f"{say.decimal(100 * accuracy.mean)}{of}", accuracy.mean)
    yield _decimal(accuracy.deviation, 2, say, times=100)


def _difference(one: VariantLine, against: str, say: Language) -> Iterator[Cell]:
    found = one.difference
    if found is None:
        yield from (Cell(NOTHING) for _ in range(3))
        yield Cell(say("compare.reference" if one.name == against else "compare.no_difference"))
        return
    yield Cell(signed(found.mean, say), found.mean)
    if found.interval is None:
        yield Cell(NOTHING)
    else:
        low, high = found.interval
        between = say("compare.between", low=signed(low, say), high=signed(high, say))
        yield Cell(between, low)
    if found.corrected is None:
        yield Cell(NOTHING)
    else:
        yield Cell(
            p_text(found.corrected, say).removeprefix("p ").removeprefix("= "), found.corrected
        )
    word = say(f"compare.{_WORDS[found.verdict]}")
    yield Cell(word, tone=_TONES.get(found.verdict, "plain"))


def _prices(one: VariantLine, say: Language) -> Iterator[Cell]:
    least = "≥ " if one.uncounted else ""
    yield Cell(say.integer(one.parameters), one.parameters)
    yield Cell(f"{least}{say.integer(one.operations)}", one.operations)
    yield _decimal(one.train_seconds, 1, say)
    yield _decimal(one.seconds_per_epoch, 2, say)


def _fronts(name: str, fronts: Mapping[str, Sequence[str]], say: Language) -> str:
    kinds = [say(f"compare.{kind}_short") for kind, names in fronts.items() if name in names]
    return ", ".join(kinds) or NOTHING


def signed(share: float, say: Language) -> str:
    """A difference of shares as points, with its sign."""
    points = round(100 * share, 2)
    return f"{'+' if points > 0 else ''}{say.decimal(points + 0.0)}"


def _decimal(value: float | None, digits: int, say: Language, times: float = 1) -> Cell:
    return Cell(NOTHING) if value is None else Cell(say.decimal(times * value, digits), value)
