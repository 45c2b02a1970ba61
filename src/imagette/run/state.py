"""How far a run has come: finished, stopped, failed or merely unfinished, and why."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from imagette.errors import ImagetteError, StoreError
from imagette.run.log import Log
from imagette.run_spec import LogSpec
from imagette.store.ending import read_ending, write_ending
from imagette.store.folder import RunFolder

# How the last line of a run's log begins; the first as `run/lines.py` writes it.
ENDED = "ended after "
FAILED = "failed: "

_WORDS: dict[str, "Word"] = {"stopped": "stopped", "failed": "failed"}
Word = Literal["finished", "stopped", "failed", "unfinished"]


@dataclass(frozen=True, slots=True)
class RunState:
    """The state in a word and how it came about; `resumable` is True where `--resume` can go on.

    A run that is neither finished nor said why it ended is `unfinished`: it runs, or was killed.
    """

    word: Word
    reason: str | None
    resumable: bool

    @property
    def text(self) -> str:
        return f"{self.word}, resumable" if self.resumable else self.word


def state_of(folder: RunFolder) -> RunState:
    """Where the run stands, from what it left behind; its checkpoints are not read.

    Raises StoreError if `finished.json` is there and damaged.
    """
    finished = folder.finished()
    if finished is not None:
        return RunState("finished", finished.get("reason"), resumable=False)
    resumable = bool(folder.checkpoints.steps())
    ending = read_ending(folder)
    if ending is not None:
        return RunState(_WORDS.get(ending["state"], "stopped"), ending["reason"], resumable)
    line = _last_line(folder)
    if line.startswith(FAILED):
        return RunState("failed", line.removeprefix(FAILED), resumable)
    if line.startswith(ENDED):
        return RunState("stopped", line.partition(": ")[2], resumable)
    return RunState("unfinished", None, resumable)


def _last_line(folder: RunFolder) -> str:
    """Of a log as every run had it before it could be set: it says how an earlier run ended."""
    spec = folder.resolved().get("run", {}).get("logging")
    return folder.last_log_line() if spec in (None, LogSpec().model_dump()) else ""


@contextmanager
def failure_logged(log: Log) -> Iterator[None]:
    """Lets the run say why the training inside failed; a full disk can only keep it out."""
    try:
        yield
    except ImagetteError as error:
        with suppress(StoreError):
            write_ending(log.folder, "failed", str(error))
            log.write_line(f"{FAILED}{error}", logging.ERROR)
        raise
