"""On what it was made, who opened the test set, and how to make it again."""

import re
import shlex
from collections.abc import Iterator

from imagette.report.blocks import (
    Block,
    Cell,
    Code,
    Column,
    Fact,
    Facts,
    Fold,
    Section,
    Table,
    Text,
    Tone,
)
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.record import Record, Row

_PACKAGES = ("imagette", "python", "numpy", "torch", "jax", "jaxlib", "optax")
_LONGEST = 400


def environment(record: Record, say: Language) -> Section:
    """The machine, the versions, and what was decided from measurements."""
    blocks: list[Block] = [Facts(tuple(_facts(record.environment, say)))]
    if record.decisions:
        columns = (Column(say("environment.decided"), code=True), Column(say("environment.value")))
        rows = tuple(_decision(row) for row in record.decisions)
        blocks.append(Table(columns, rows, say("environment.decisions"), sortable=False))
    return Section("environment", say("environment.title"), tuple(blocks))


def _facts(environment: Row, say: Language) -> Iterator[Fact]:
    if environment.get("time"):
        yield Fact(say("environment.when"), say.moment(str(environment["time"])))
    if environment.get("device"):
        yield Fact(say("environment.device"), _device(str(environment["device"]), say))
    for key in ("processor", "platform"):
        if environment.get(key):
            yield Fact(say(f"environment.{key}"), shown(environment[key]))
    if environment.get("cores"):
        yield Fact(say("environment.cores"), say.integer(environment["cores"]))
    if environment.get("memory_bytes"):
        gigabytes = say.decimal(environment["memory_bytes"] / 2**30, 1)
        yield Fact(say("environment.memory"), say("unit.gibibytes", n=gigabytes))
    for package in _PACKAGES:
        if environment.get(package):
            yield Fact(package, shown(environment[package]))
    if environment.get("commit"):
        yield Fact(say("environment.commit"), shown(environment["commit"])[:12])


def _device(words: str, say: Language) -> str:
    """What an engine says of itself, in the page's language where it runs on a processor."""
    form = (
        r"(?P<engine>.+) on processor \((?P<cores>\d+) cores?\), (?P<n>\d+) threads?, (?P<kind>.+)"
    )
    found = re.fullmatch(form, words)
    if not found:
        return shown(words)
    engine, kind = shown(found["engine"]), shown(found["kind"])
    cores, n = int(found["cores"]), int(found["n"])
    return say("environment.on_processor", engine=engine, cores=cores, n=n, kind=kind)


def _decision(row: Row) -> tuple[Cell, ...]:
    value = row.get("value")
    text = (
        ", ".join(f"{key} = {one}" for key, one in value.items())
        if isinstance(value, dict)
        else value
    )
    return (Cell(shown(row.get("what"))), Cell(shown(text)))


def test_set(record: Record, say: Language) -> Section:
    """Sealed, opened so often since then, or watched at each epoch; what the record can show."""
    openings = record.openings
    blocks: list[Block] = [Text(*test_verdict(record, say))]
    if openings.broken_at is not None:
        blocks.append(Text(say("test.broken", row=openings.broken_at), "bad"))
    rows = tuple(_opening(row, record, say) for row in openings.known or openings.own)
    if rows:
        headings = ("when", "purpose", "by", "weights")
        columns = tuple(Column(say(f"test.{key}"), code=key == "weights") for key in headings)
        blocks.append(Table(columns, rows, say("test.caption", data=shown(record.data_name))))
    blocks.append(Text(say("test.evident")))
    return Section("test", say("test.title"), tuple(blocks))


def test_verdict(record: Record, say: Language) -> tuple[str, Tone]:
    """One sentence or two on the test set: sealed, opened so often since then, or watched."""
    own, known = record.openings.own, record.openings.known
    if record.is_watched:
        return say("test.watched"), "bad"
    if not own:
        others = say("test.others", n=len(known), since=_since(known, say)) if known else ""
        return f"{say('test.sealed')} {others}".strip(), "good"
    told = say("test.opened", n=len(own), since=_since(own, say))
    if len(known) > len(own):
        told = f"{told} {say('test.in_all', n=len(known), since=_since(known, say))}"
    return told, "note"


def _since(rows: tuple[Row, ...], say: Language) -> str:
    return say.moment(str(rows[0].get("when")))


def _opening(row: Row, record: Record, say: Language) -> tuple[Cell, ...]:
    mine = row.get("run") == record.path or row in record.openings.own
    by = say("test.this_run") if mine else shown(row.get("run") or say("test.no_run"))
    return (
        Cell(say.moment(str(row.get("when")))),
        Cell(say(f"test.{'each_epoch' if row.get('purpose') == 'each-epoch' else 'evaluate'}")),
        Cell(by),
        Cell(shown(row.get("weights_digest"))[:12]),
    )


def again(record: Record, say: Language) -> Section:
    """The command that made it, and one that needs nothing but what the run folder holds."""
    resolved = f"{record.path}/resolved.json"
    blocks: list[Block] = [
        Text(say("again.from_folder")),
        Code(shlex.join(["imagette", "train", resolved])),
    ]
    command = record.environment.get("command")
    if command:
        blocks += [Text(say("again.as_then")), Code(_command(str(command)))]
    blocks.append(Text(say("again.judge")))
    blocks.append(Code(shlex.join(["imagette", "evaluate", record.path])))
    if record.experiment:
        blocks.append(Fold(say("again.experiment"), (Code(record.experiment.strip()),)))
    return Section("again", say("again.title"), tuple(blocks))


def _command(command: str) -> str:
    """As a shell reads it, with the program's name instead of the path to it."""
    first, *words = shlex.split(command) or [""]
    if first.endswith(("/imagette", "/__main__.py")):
        return shlex.join(["imagette", *words])
    return shown(command, _LONGEST)
