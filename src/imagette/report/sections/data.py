"""What it learned from: classes, splits, statistics, and a few pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imagette.report.blocks import Block, Cell, Column, Fact, Facts, Section, Table, Text
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.record import Record
from imagette.report.spelling import shape

Statistics = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and deviation of each channel, of full scale 1."""


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What is known of the data where they can be opened; otherwise `missing` says why not."""

    class_names: tuple[str, ...]
    input_shape: tuple[int, ...]  # (C, H, W)
    statistics: Statistics | None  # of the training images; None where they are not here
    applied: Statistics | None  # what the network's input is normalised by
    counts: Mapping[str, tuple[int, ...]]  # split to images per class; empty if not opened
    missing: str | None = None


def data(record: Record, say: Language, known: DataFacts | None, samples: Block | None) -> Section:
    """Sizes from the run's folder; classes and pictures from the data, where they are here."""
    about = record.environment.get("data", {})
    facts = [Fact(say("data.name"), shown(record.data_name), shown(about.get("source", "")))]
    for split in ("train", "validation"):
        if split in about:
            facts.append(Fact(say(f"data.{split}"), say("unit.images", n=about[split])))
    if known:
        facts += _of_images(known, say)
    blocks: list[Block] = [Facts(tuple(facts))]
    if known and known.missing:
        blocks.append(Text(say("data.missing", why=known.missing), "missing"))
    if known and known.counts:
        blocks.append(_classes(known, say))
    if samples:
        blocks.append(samples)
    return Section("data", say("data.title"), tuple(blocks))


def _of_images(known: DataFacts, say: Language) -> list[Fact]:
    facts = [
        Fact(say("data.picture"), shape(known.input_shape), say("data.picture_help")),
        Fact(say("data.classes"), say.integer(len(known.class_names))),
    ]
    if known.statistics:
        mean, deviation = (_listed(values, say) for values in known.statistics)
        facts.append(Fact(say("data.mean"), mean, say("data.mean_help")))
        facts.append(Fact(say("data.deviation"), deviation, say("data.mean_help")))
    if known.applied:
        mean, deviation = (_listed(values, say) for values in known.applied)
        minus = say("data.applied_as", mean=mean, deviation=deviation)
        facts.append(Fact(say("data.applied"), minus, say("data.applied_help")))
    return facts


def _listed(values: Sequence[float], say: Language) -> str:
    return "; ".join(say.decimal(value, 4) for value in values)


def _classes(known: DataFacts, say: Language) -> Table:
    columns = [Column(say("result.class"))]
    for split in known.counts:
        name = say(f"split.{split}")
        columns.append(Column(say("data.images_of", split=name), numeric=True))
        columns.append(Column(say("data.share_of", split=name), numeric=True))
    rows = []
    for index, name in enumerate(known.class_names):
        cells = [Cell(shown(name))]
        for counts in known.counts.values():
            share = counts[index] / max(1, sum(counts))
            cells.append(Cell(say.integer(counts[index]), counts[index]))
            cells.append(Cell(say.percent(share), share))
        rows.append(tuple(cells))
    total = [Cell(say("data.all"))]
    for counts in known.counts.values():
        total += [Cell(say.integer(sum(counts))), Cell("")]
    return Table(tuple(columns), tuple(rows), say("data.caption"), total=tuple(total))
