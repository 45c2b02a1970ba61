"""`imagette doctor`: what this machine has, what is missing and how to get it."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from imagette.run.doctor import (
    DataSet,
    Diagnosis,
    Engine,
    Folder,
    OpenedSet,
    diagnose,
)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON.")] = False,
) -> None:
    """Say what this machine has, what is missing and how to get it.

    Nothing is changed. A missing accelerator is no fault: training runs on the processor.

    Example: imagette doctor
    """
    diagnosis = diagnose()
    if as_json:
        print(json.dumps(diagnosis.as_json(), indent=2))
    else:
        print("\n".join(_lines(diagnosis)))


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    machine = diagnosis.machine
    memory = f"{machine.memory_bytes / 2**30:.1f} GiB" if machine.memory_bytes else "unknown"
    yield f"imagette {diagnosis.imagette}, Python {diagnosis.python}"
    yield "\nMachine"
    yield f"  system        {machine.system}"
    yield f"  processor     {machine.processor or 'unknown'}, {machine.cores or '?'} cores"
    yield f"  memory        {memory}"
    yield f"  instructions  {_words(machine.instructions)}"
    yield "\nEngines"
    yield from map(_engine, diagnosis.engines)
    if not diagnosis.engines:
        yield "  none"
    yield "\nFolders"
    yield from map(_folder, diagnosis.folders)
    yield "\nData sets"
    yield from map(_data_set, diagnosis.data_sets)
    yield "\nTest sets opened"
    yield from map(_opened_set, diagnosis.ledgers)
    if not diagnosis.ledgers:
        yield "  none"
    yield "\nPackages"
    yield from (f"  {name} {version}" for name, version in diagnosis.packages.items())
    yield "\nMissing"
    yield from (f"  {missing.what}: {missing.remedy}" for missing in diagnosis.missing)
    if not diagnosis.missing:
        yield "  nothing"


def _words(instructions: tuple[str, ...] | None) -> str:
    if instructions is None:
        return "unknown"
    return " ".join(instructions) or "none of those that an engine looks for"


def _engine(engine: Engine) -> str:
    finds = f"finds {', '.join(engine.devices)}; " if engine.devices else ""
    return f"  {engine.name} {engine.version}: {finds}{engine.takes}"


def _folder(folder: Folder) -> str:
    if folder.path is None:
        return f"  {folder.purpose}: not set ({folder.variable})"
    writable = "writable" if folder.writable else "NOT writable"
    return f"  {folder.purpose}: {folder.path}, {writable} ({folder.variable} moves it)"


def _opened_set(opened: OpenedSet) -> str:
    times = "once" if opened.openings == 1 else f"{opened.openings} times"
    if opened.broken_at is None:
        return f"  {times}, the chain is whole: {opened.ledger}"
    return (
        f"  {times}, the chain is BROKEN at row {opened.broken_at}: rows were changed or removed "
        f"({opened.ledger})"
    )


def _data_set(data_set: DataSet) -> str:
    where = data_set.where or f"not on this machine: imagette data get {data_set.name}"
    return f"  {data_set.name}: {where}"
