"""The process beside a training that tells one tracker: `python -m imagette.run.sink RUN SPEC`.

Its standard input is a pipe that the training holds: where that ends, however it does, nobody
trains any more, and the process ends too once all is told.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from imagette.errors import ImagetteError, UsageError
from imagette.run.track import POLL_SECONDS, finished_or_waited, pictures
from imagette.run_spec import RunSpec
from imagette.store.folder import RunFolder
from imagette.store.tracking import telling
from imagette.track.sink import track

_NICENESS = 10  # the training comes first


def main(run: str, spec_json: str) -> int:
    """Tells the tracker of the run until its training ends, and returns the exit code."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    gone = Event()
    _leave_signals_to_the_training(gone)
    Thread(target=_wait_for_end, args=(gone,), daemon=True).start()
    try:
        folder = RunFolder.open(Path(run))
        (spec,) = RunSpec.model_validate_json(spec_json).track
        _wait_for_turn(folder, spec.name, gone)
        tracked = track(folder, spec, pictures, finished_or_waited(folder, gone))
    except ImagetteError as error:
        print(f"imagette: error: {error}", file=sys.stderr, flush=True)
        return error.exit_code
    for note in tracked.notes:
        print(f"note: {note}")
    print(f"told {tracked.epochs}: {tracked.where}", flush=True)
    return 0


def _leave_signals_to_the_training(gone: Event) -> None:
    """Those that Slurm and OAR send to all of a job: it saves then, and there is news to tell.

    Once it is gone, SIGTERM ends this process as it ends any other.
    """

    def end(number: int, _frame: object) -> None:
        if gone.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    for name in ("SIGINT", "SIGUSR1", "SIGUSR2"):
        if hasattr(signal, name):  # Windows has the first alone
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end)


def _wait_for_end(gone: Event) -> None:
    # Not through sys.stdin: its lock, held by this thread, aborts a process that ends meanwhile.
    while os.read(0, 1):
        pass
    gone.set()


def _wait_for_turn(folder: RunFolder, tracker: str, gone: Event) -> None:
    """The process of a training that was killed may still be telling what it left."""
    while not gone.is_set():
        with suppress(UsageError), telling(folder, tracker):
            return
        gone.wait(POLL_SECONDS)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
