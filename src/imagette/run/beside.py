"""A training's events, with what there is to say of the trackers that are told beside it."""

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import TypeVar

from imagette.errors import StoreError
from imagette.run.log import Log
from imagette.run.sinks import Sinks
from imagette.run_spec import RunSpec
from imagette.store.folder import RunFolder
from imagette.track.trackers import is_on
from imagette.train.events import EpochRow, Remark, Stop

One = TypeVar("One")
"""An event."""


def beside_trackers(
    events: Generator[One, Stop | None, None],
    folder: RunFolder,
    run: RunSpec,
    is_last: Callable[[One], bool],
) -> Generator[One | Remark, Stop | None, None]:
    """Hands on a training's events and their answers, while a process beside it tells each tracker.

    A remark says which tracker has failed, after the epoch in which it did; before the last event
    there is a short wait, and a remark on each that goes on in the background.
    """
    if not any(map(is_on, run.track)):
        yield from events
        return
    sinks, log, stop = Sinks(), Log(folder, run.logging), None
    try:
        told = list(sinks.begin(folder, run.track))
        event: One | None = next(events)
        while event is not None:
            told += sinks.failures() if isinstance(event, EpochRow) else ()
            told += sinks.end() if is_last(event) else ()
            while told:
                stop = (yield _noted(log, told.pop(0))) or stop
            stop = (yield event) or stop
            event = _next(events, stop)
    finally:
        sinks.leave()
        events.close()


def _next(events: Generator[One, Stop | None, None], stop: Stop | None) -> One | None:
    try:
        return events.send(stop)
    except StopIteration:
        return None


def _noted(log: Log, text: str) -> Remark:
    """The remark, in the run's log too; not worth an error there."""
    remark = Remark(text)
    with suppress(StoreError):
        log.write(remark)
    return remark
