"""Time that a run has spent, on the disk now and then: what a killed process took still counts."""

from collections.abc import Callable

from imagette.store.folder import RunFolder
from imagette.train.events import Finished
from imagette.train.loop import Events
from imagette.train.pace import TimeBudget

BEAT, BEAT_SECONDS = 0.005, 5.0  # apart: so much of the budget, and at most so many seconds


def beating(
    events: Events[None], folder: RunFolder, budget: TimeBudget, clock: Callable[[], float]
) -> Events[None]:
    """Hands on a training's events and their answers; the first thing it does is to beat.

    Each beat takes the place of the one before, so the file stays as small as it is.
    """
    apart = min(BEAT_SECONDS, BEAT * budget.seconds)
    last, stop = float("-inf"), None
    event = next(events)
    while True:
        now = clock()
        if now - last >= apart:
            folder.write_spent(budget.spent(now))
            last = now
        stop = (yield event) or stop
        if isinstance(event, Finished):
            return
        event = events.send(stop)
