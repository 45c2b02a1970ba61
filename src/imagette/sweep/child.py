"""A trial as a process of its own: `python -m imagette train`, started, told to stop, judged."""

import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from imagette.sweep.trials import Trial

# On Windows a Ctrl-C reaches the children by itself, and they cannot be sent one alone.
_POSIX = sys.platform != "win32"
_ERROR = "imagette: error: "


@dataclass(frozen=True)
class Child:
    """The process that trains `trial`; what it says of an error is kept aside."""

    trial: Trial
    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number if one ended it."""
        return self.process.poll()

    def interrupt(self) -> None:
        """Ask it to save and end; it takes about a second, or none before there is what to save.

        By SIGTERM, which ends a trial that does not listen yet. SIGINT would be lost on it where
        the sweep itself was begun with that ignored, as a script's background jobs are.
        """
        if _POSIX and self.exit_code is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, patience_seconds: float = 0.0) -> None:
        """Wait for its end, then end it if it still runs: its last checkpoint stays."""
        try:
            self.process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()

    def reason(self) -> str:
        """Why it failed, in one line: the error that it told, or else how its process ended."""
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace").strip()
        if _ERROR in said:
            return " ".join(said.rpartition(_ERROR)[2].split())
        code = self.process.returncode
        if code < 0:
            return f"its process was ended by signal {-code} ({_signal_name(-code)})"
        last = said.splitlines()[-1:] or ["it said nothing"]
        return f"its process ended with exit code {code}: {last[0]}"


def start(trial: Trial, experiment: Path, run: Path, resume: bool, lock: int) -> Child:
    """Train the experiment's file into the folder `run`, or go on with the run that is there.

    The process has a session of its own, so that a Ctrl-C reaches it once, through `interrupt`;
    it inherits the descriptor `lock`.
    """
    words = ["--resume", str(run)] if resume else [str(experiment), "--out", str(run)]
    errors = tempfile.TemporaryFile()  # noqa: SIM115, it is open as long as the process
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "imagette", "train", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=_POSIX,
        pass_fds=(lock,) if _POSIX else (),
    )
    return Child(trial, process, errors)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
