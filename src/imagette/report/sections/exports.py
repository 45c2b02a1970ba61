"""What the run was exported to: each file with what its certificate says."""

from collections.abc import Iterator, Mapping
from typing import Any

from imagette.report.blocks import Cell, Column, Section, Table
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.record import Record, Row

_HEADINGS = ("file", "bytes", "step", "off", "accuracy", "engine", "checked")
_WORDS = ("file", "checked")


def exports(record: Record, say: Language) -> Section | None:
    """One row a file; None for a run that was never exported."""
    rows = tuple(
        _row(name, certificate, model, say)
        for name, certificate in record.exports.items()
        for model in _models(certificate)
    )
    if not rows:
        return None
    columns = tuple(Column(say(f"exports.{key}"), numeric=key not in _WORDS) for key in _HEADINGS)
    table = Table(columns, rows, say("exports.caption"))
    return Section("exports", say("exports.title"), (table,))


def _models(certificate: Row) -> Iterator[Row]:
    """The first file, and the one in int8 if it is told as the first is."""
    yield certificate
    other = certificate.get("int8")
    if isinstance(other, Mapping) and all(
        isinstance(other.get(key), type(certificate[key])) for key in ("file", "bytes", "fault")
    ):
        yield other


def _row(name: str, certificate: Row, model: Row, say: Language) -> tuple[Cell, ...]:
    fault = model["fault"]
    verdict = say("exports.failed", why=shown(fault)) if fault else say("exports.passed")
    step = certificate["run"].get("step")
    return (
        Cell(shown(f"{name}/{model['file']}")),
        Cell(say.integer(model["bytes"]), model["bytes"]),
        Cell(say.integer(step) if type(step) is int else "–"),
        _number(model.get("largest_difference"), say),
        *(_share(model.get(f"accuracy_{side}"), say) for side in ("file", "engine")),
        Cell(verdict, tone="bad" if fault else "good"),
    )


def _number(value: Any, say: Language) -> Cell:
    return Cell(say.scaled(value), value) if type(value) is float else Cell("–")


def _share(value: Any, say: Language) -> Cell:
    return Cell(say.percent(value), value) if type(value) is float else Cell("–")
