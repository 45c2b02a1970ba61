"""The trackers of a training, each told by a process of its own, which can harm none of it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from imagette.errors import ImagetteError
from imagette.plain import short
from imagette.run_spec import RunSpec, TensorBoardSpec, WandbSpec
from imagette.store import disk
from imagette.store.folder import RunFolder
from imagette.store.tracking import log_of
from imagette.track.trackers import TRACKERS, is_on, refuse_absent

PATIENCE_SECONDS = 5.0
"""How long the end of a training waits for its trackers, all together."""

_ERROR = "imagette: error: "
_DETACHED = 0x00000208  # on Windows: DETACHED_PROCESS and CREATE_NEW_PROCESS_GROUP


@dataclass(frozen=True)
class Sink:
    """The process that tells one tracker, and the file that has what it says, from `start` on."""

    title: str
    process: subprocess.Popen[bytes]
    log: Path
    start: int

    def let_go(self) -> None:
        """Let it see that the training is over; it goes on until all is told."""
        with suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()

    def failure(self) -> str | None:
        """Why it ended before it should, in one line; None while it runs, and where all is told."""
        code = self.process.poll()
        if not code:
            return None
        said = self._said()
        if _ERROR in said:
            return short(said.rpartition(_ERROR)[2], 400)
        last = short(said.strip().rpartition("\n")[2], 200) or "it said nothing"
        how = f"signal {-code} ended its process" if code < 0 else f"exit code {code}: {last}"
        return f"{self.title} is no longer told ({how}): track the run again afterwards"

    def _said(self) -> str:
        with suppress(OSError), self.log.open("rb") as file:
            file.seek(self.start)
            return file.read().decode(errors="replace")
        return ""


class Sinks:
    """All trackers of one training: `begin`, ask for `failures` now and then, and `end`."""

    def __init__(self) -> None:
        self._running: list[Sink] = []

    def begin(
        self, folder: RunFolder, specs: Sequence[TensorBoardSpec | WandbSpec]
    ) -> Iterator[str]:
        """Starts a process for each that is switched on; says where one cannot be started."""
        for spec in filter(is_on, specs):
            try:
                self._running.append(_started(folder, spec))
            except (OSError, ImagetteError) as error:
                yield f"{TRACKERS[spec.name].title} is not told of this run: {short(error)}"

    def failures(self) -> list[str]:
        """What to say of those that ended too early, once each."""
        ended = [(sink, told) for sink in self._running if (told := sink.failure())]
        self._running = [one for one in self._running if one not in [sink for sink, _ in ended]]
        return [told for _, told in ended]

    def end(self) -> list[str]:
        """Waits a little for all, and returns what to say: what failed, and what still goes on."""
        self.leave()
        until = monotonic() + PATIENCE_SECONDS
        for sink in self._running:
            with suppress(subprocess.TimeoutExpired):
                sink.process.wait(max(0.0, until - monotonic()))
        failed = self.failures()
        return failed + [
            f"{sink.title} is still being told, in the background (process {sink.process.pid}): "
            f"{sink.log.parent.name}/{sink.log.name} in the run says how it ends"
            for sink in self._running
            if sink.process.poll() is None
        ]

    def leave(self) -> None:
        """Lets all of them see that the training is over, and waits for none."""
        for sink in self._running:
            sink.let_go()


def _started(folder: RunFolder, spec: TensorBoardSpec | WandbSpec) -> Sink:
    """In a session of its own, so that a Ctrl-C in the terminal does not reach it."""
    refuse_absent(spec.name)
    log = log_of(folder, spec.name)
    words = [str(folder.path), RunSpec(track=(spec,)).model_dump_json(include={"track"})]
    # As all that a run is written: a link that a stranger put there is refused.
    with os.fdopen(disk.in_use.extend(log), "ab") as said:
        start = said.seek(0, os.SEEK_END)
        process = subprocess.Popen(
            # -P: no file of the working folder, such as a random.py, is taken for Python's own.
            [sys.executable, "-P", "-m", "imagette.run.sink", *words],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            start_new_session=sys.platform != "win32",
            creationflags=_DETACHED if sys.platform == "win32" else 0,
        )
    return Sink(TRACKERS[spec.name].title, process, log, start)
