"""What the run cost: seconds, images and operations, and how many of them a second."""

from collections.abc import Iterator

from imagette.network.cost import OPERATIONS
from imagette.report.blocks import Block, Cell, Column, Fact, Facts, Section, Table, Text
from imagette.report.language import Language
from imagette.report.record import Record, Row

_KINDS = (*OPERATIONS, "total")


def spending(record: Record, say: Language) -> Section:
    """Totals of the run, then one row an epoch; operations are those of forward passes alone."""
    blocks: list[Block] = [Facts(tuple(_facts(record, say)))]
    if record.timings:
        blocks.append(_epochs(record.timings, say))
        blocks.append(Text(say("cost.forward_alone")))
    return Section("cost", say("cost.title"), tuple(blocks))


def _facts(record: Record, say: Language) -> Iterator[Fact]:
    spent = (record.finished or {}).get("spent", {})
    for key in ("train_seconds", "setup_seconds", "warm_up_seconds", "total_seconds"):
        if spent.get(key) is not None:
            yield Fact(say(f"cost.{key}"), say.seconds(spent[key]))
    timings = record.timings
    evaluating = sum(row.get("evaluation_seconds") or 0 for row in timings)
    yield Fact(say("cost.evaluation_seconds"), say.seconds(evaluating))
    speeds = [row["images_per_second"] for row in timings if row.get("images_per_second")]
    if speeds:
        speed = say.integer(round(sum(speeds) / len(speeds)))
        yield Fact(say("cost.speed"), say("unit.images_per_second", n=speed), say("cost.mean"))
    rates = [row["operations_per_second"] for row in timings if row.get("operations_per_second")]
    if rates:
        rate = say.scaled(sum(rates) / len(rates))
        yield Fact(say("cost.rate"), say("unit.operations_per_second", n=rate), say("cost.mean"))
    total = sum(row.get("operations", {}).get("total", 0) for row in timings)
    yield Fact(say("cost.operations"), say.scaled(total), say("cost.operations_help"))


def _epochs(timings: tuple[Row, ...], say: Language) -> Table:
    columns = (
        Column(say("learning.epoch"), numeric=True),
        Column(say("cost.training"), numeric=True),
        Column(say("cost.evaluating"), numeric=True),
        Column(say("cost.speed"), numeric=True),
        *(Column(say(f"short.{kind}"), numeric=True, help=say(f"count.{kind}")) for kind in _KINDS),
        Column(say("cost.rate"), numeric=True),
    )
    return Table(columns, tuple(_epoch(row, say) for row in timings), say("cost.caption"))


def _epoch(row: Row, say: Language) -> tuple[Cell, ...]:
    counts = row.get("operations", {})
    speed, rate = row.get("images_per_second"), row.get("operations_per_second")
    return (
        Cell(say.integer(row["epoch"]), row["epoch"]),
        *(_seconds(row.get(key), say) for key in ("train_seconds", "evaluation_seconds")),
        Cell("–" if speed is None else say.integer(round(speed)), speed),
        *(Cell(say.scaled(counts.get(kind, 0)), counts.get(kind, 0)) for kind in _KINDS),
        Cell("–" if rate is None else say("unit.operations_per_second", n=say.scaled(rate)), rate),
    )


def _seconds(seconds: float | None, say: Language) -> Cell:
    return Cell("–" if seconds is None else say.seconds(seconds), seconds)
