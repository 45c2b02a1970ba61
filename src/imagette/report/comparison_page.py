"""The page of a comparison: table, differences in words, curves, prices, and the runs behind."""

from collections.abc import Iterator
from dataclasses import dataclass

from imagette.evaluate.spec import JUDGED_FIRST
from imagette.report.blocks import (
    Block,
    Cell,
    Code,
    Column,
    Drawing,
    Fact,
    Facts,
    Fold,
    Page,
    Section,
    Table,
    Text,
)
from imagette.report.comparison import Curve, comparison_figure
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.pareto import Point, Price, pareto_figure
from imagette.report.reasons import told
from imagette.report.variants import NOTHING, PRICES, VariantLine, on_front, variants_table
from imagette.report.verdict import MANY, coverage_of_tests, summary, verdict

_MOST_NAMED = 8  # variants in a subtitle or an alternative text: with more, nobody listens
_MOST_COLOURED = 14  # curves: with more, colours and lines are not told apart
_LONGEST_PATH = 400
_MOST_OPEN = 12  # runs that are listed without being asked for


@dataclass(frozen=True, slots=True)
class Compared:
    """What the page of a comparison shows; `command` makes it again."""

    variants: tuple[VariantLine, ...]
    against: str
    curves: tuple[Curve, ...]
    remarks: tuple[str, ...]
    command: str

    @property
    def splits(self) -> tuple[str, ...]:
        found = {variant.split for variant in self.variants}
        return tuple(split for split in JUDGED_FIRST if split in found)

    def variant_of(self, path: str) -> VariantLine | None:
        """The variant that the run at that path is of."""
        return next(
            (one for one in self.variants if any(run.path == path for run in one.runs)), None
        )


def comparison_page(found: Compared, version: str, say: Language) -> Page:
    """The page as values: `page_html` writes it."""
    parts = {
        "variants": (variants_table(found.variants, found.against, say),),
        "words": tuple(difference_blocks(found, say)),
        "curves": tuple(curve_blocks(found, say)),
        "pareto": tuple(price_blocks(found, say)),
        "remarks": tuple(run_blocks(found, say)),
        "again": (Code(found.command),),
    }
    return Page(
        title=say("compare.title", n=len(found.variants)),
        subtitle=_named([variant.name for variant in found.variants]),
        headline=_headline(found, say),
        sections=tuple(
            Section(name, say(f"compare.{name}"), blocks) for name, blocks in parts.items()
        ),
        footer=say("compare.footer", version=version),
    )


def splits_text(found: Compared, say: Language) -> str:
    """The names of the splits that the variants are judged on."""
    return ", ".join(say(f"split.{split}") for split in found.splits) or say("compare.nothing")


def difference_blocks(found: Compared, say: Language) -> Iterator[Block]:
    """A sentence a difference, then what its test does and does not cover."""
    differences = [one.difference for one in found.variants if one.difference]
    sentences = tuple(_sentences(found, say))
    if len(found.variants) == 1:
        yield Text(say("compare.one"), "note")
    if len(differences) > MANY:
        yield Text(summary(shown(found.against), differences, say))
        yield Fold(say("compare.all_words", n=len(sentences)), sentences)
    else:
        yield from sentences
    for line in coverage_of_tests(differences, say):
        yield Text(line, "note")


def _sentences(found: Compared, say: Language) -> Iterator[Text]:
    against = shown(found.against)
    for one in found.variants:
        name = shown(one.name)
        if one.difference:
            yield Text(verdict(name, against, one.difference, say))
        elif one.no_difference:
            reason = told(one.no_difference, say)
            yield Text(
                say("compare.why_none", name=name, against=against, reason=reason), "missing"
            )


def curve_blocks(found: Compared, say: Language) -> Iterator[Block]:
    """The curves over each other; of many only the best are told apart."""
    if not found.curves:
        yield Text(say("compare.no_curves"), "missing")
        return
    best = sorted(found.curves, key=lambda one: one.accuracy[-1], reverse=True)[:_MOST_COLOURED]
    coloured = tuple(one for one in found.curves if one in best)
    others = tuple(one for one in found.curves if one not in best)
    last = _named([f"{one.name} {say.percent(one.accuracy[-1])}" for one in best])
    split = splits_text(found, say)
    alt = say("compare.curves_alt", split=split, n=len(found.curves), last=last)
    caption = say("compare.curves_caption", n=len(coloured), others=len(others)) if others else ""
    yield Drawing(comparison_figure(coloured, split, others=others, say=say), alt, caption)


def price_blocks(found: Compared, say: Language) -> Iterator[Block]:
    """Accuracy against parameters, operations and seconds, with the front."""
    names = [one.name for one in found.variants if one.accuracy]
    if not names:
        yield Text(say("compare.no_curves"), "missing")
        return
    fronts = {kind: on_front(found.variants, kind) for kind in PRICES}
    told = "; ".join(f"{say(f'compare.{kind}')}: {_named(on)}" for kind, on in fronts.items())
    prices = [
        Price(
            say(f"compare.{kind}"),
            tuple(
                Point(shown(one.name), price, one.accuracy.mean, one.name in fronts[kind])
                for one in found.variants
                if one.accuracy and (price := one.price(kind)) is not None
            ),
        )
        for kind in PRICES
    ]
    figure = pareto_figure(prices, say("compare.accuracy"))
    yield Drawing(figure, say("compare.pareto_alt", front=told), say("compare.pareto_caption"))


def run_blocks(found: Compared, say: Language) -> Iterator[Block]:
    """What a reader must know of the runs, notes, and every run."""
    for remark in found.remarks:
        yield Text(told(remark, say), "note")
    for one in found.variants:
        for text in one.notes:
            yield Text(
                say("compare.note", name=shown(one.name), text=shown(text, _LONGEST_PATH)), "note"
            )
    table = _runs_table(found, say)
    few = len(table.rows) <= _MOST_OPEN
    yield table if few else Fold(say("compare.all_runs", n=len(table.rows)), (table,))


def _runs_table(found: Compared, say: Language) -> Table:
    names = ("path", "variant", "seed", "state", "epochs", "accuracy", "counts")
    numbers = {"seed", "epochs", "accuracy"}
    columns = [
        Column(say(f"compare.{name}"), numeric=name in numbers, code=name == "path")
        for name in names
    ]
    rows = [
        (
            Cell(shown(run.path, _LONGEST_PATH)),
            Cell(shown(one.name)),
            Cell(say.integer(run.seed), run.seed),
            Cell(say(f"state.{run.state}"), tone="plain" if run.counted else "bad"),
            Cell(say.integer(run.epochs), run.epochs),
            Cell(NOTHING)
            if run.accuracy is None
            else Cell(say.decimal(100 * run.accuracy), run.accuracy),
            Cell(say("compare.yes" if run.counted else "compare.no")),
        )
        for one in found.variants
        for run in one.runs
    ]
    return Table(tuple(columns), tuple(rows))


def _headline(found: Compared, say: Language) -> Facts:
    known = [(one.accuracy.mean, one) for one in found.variants if one.accuracy]
    runs = [run for variant in found.variants for run in variant.runs]
    counted = say("compare.counted", counted=sum(run.counted for run in runs), all=len(runs))
    facts = [
        Fact(say("compare.runs"), say.integer(len(runs)), counted),
        Fact(say("compare.judged"), splits_text(found, say)),
    ]
    if known:
        accuracy, best = max(known, key=lambda pair: pair[0])
        smallest = min((one for _, one in known), key=lambda one: one.parameters)
        facts += [
            Fact(say("compare.best"), say.percent(accuracy, 2), shown(best.name)),
            Fact(say("compare.smallest"), say.integer(smallest.parameters), shown(smallest.name)),
        ]
    return Facts(tuple(facts), large=True)


def _named(names: list[str] | tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMED
    first = ", ".join(shown(name) for name in names[:_MOST_NAMED])
    return f"{first} (+ {more})" if more > 0 else first
