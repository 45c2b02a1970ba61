"""Signals that ask a training to end: the first one politely, a second Ctrl-C at once."""

import signal
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any

from imagette.train.events import Stop

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 75}
REASONS = {signal.SIGINT: "stopped by Ctrl-C", signal.SIGTERM: "stopped by the system (SIGTERM)"}


class Interruption(AbstractContextManager["Interruption"]):
    """While open, remembers a signal instead of dying of it; `stop` tells the training."""

    def __init__(self) -> None:
        self._received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    @property
    def stop(self) -> Stop | None:
        return Stop(REASONS[self._received]) if self._received else None

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self._received] if self._received else 0

    def __enter__(self) -> "Interruption":
        self._before = {number: signal.signal(number, self._receive) for number in EXIT_CODES}
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
