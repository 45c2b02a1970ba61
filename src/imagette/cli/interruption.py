"""Signals that ask a training to end: the first one politely, a second Ctrl-C at once."""

import signal
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any

from imagette.train.events import Stop

# SIGUSR1 and SIGUSR2 are what Slurm and OAR send before a limit; Windows has neither.
_NAMES = ("SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2")
SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
CTRL_C, RESUMABLE = 130, 75


class Interrupted(BaseException):
    """Raised by a signal where there is nothing to save yet: it says which, in words."""


class Interruption(AbstractContextManager["Interruption"]):
    """While open, hears signals instead of dying of them.

    Until `wait` is called there is nothing to save, and a signal raises Interrupted. From then on
    it is remembered, and `stop` tells the training.
    """

    def __init__(self) -> None:
        self._received: signal.Signals | None = None
        self._waits = False
        self._before: dict[signal.Signals, Any] = {}

    def wait(self) -> None:
        """From now on a training is told, and saves before it ends."""
        self._waits = True

    @property
    def stop(self) -> Stop | None:
        return Stop(_told(self._received)) if self._received else None

    @property
    def exit_code(self) -> int:
        if self._received is None:
            return 0
        return CTRL_C if self._received == signal.SIGINT else RESUMABLE

    def __enter__(self) -> "Interruption":
        self._before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if self._received == signal.SIGINT == number:
            raise KeyboardInterrupt
        self._received = signal.Signals(number)
        if not self._waits:
            raise Interrupted(_told(self._received))


def _told(received: signal.Signals) -> str:
    if received == signal.SIGINT:
        return "stopped by Ctrl-C"
    return f"stopped by the system ({received.name})"
