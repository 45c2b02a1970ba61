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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the training
    gone = Event()
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


def _wait_for_end(gone: Event) -> None:
    sys.stdin.buffer.read()
    gone.set()


def _wait_for_turn(folder: RunFolder, tracker: str, gone: Event) -> None:
    """The process of a training that was killed may still be telling what it left."""
    while not gone.is_set():
        with suppress(UsageError), telling(folder, tracker):
            return
        gone.wait(POLL_SECONDS)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
