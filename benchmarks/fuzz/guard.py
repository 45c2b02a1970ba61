"""What a reader may not do: take long, take much memory, touch what is not its own, run code."""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

SECONDS = 2
"""Of processor time an input; a machine that is busy with other things is no hang."""

WALL_SECONDS = 30
"""Of waiting for what never comes, such as a pipe that nobody writes to."""

MEMORY_BYTES = 1 << 30
"""Of address space above what the process had when it began to read."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # a link is refused, whatever it leads to
_CHANGES = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
)
_CODE = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect")
_CODE += ("pickle.find_class", "ctypes.dlopen")


class Hung(BaseException):
    """The time is over; no reader's `except Exception` may catch it."""


class Guard:
    """Watches one process from the inside; whatever it sees is told by `seen`."""

    def __init__(self, own: Path) -> None:
        self.own = f"{own.resolve()}{os.sep}"
        self.seen: list[str] = []
        self.watching = False
        sys.addaudithook(self._audit)
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, _hang)

    @contextmanager
    def over_one_input(self) -> Iterator[None]:
        self.seen = []
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
        self.watching = True
        try:
            yield
        finally:
            self.watching = False
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.watching:
            return
        if event == "open":
            path, _, flags = arguments
            is_own = self._is_in_own if flags & _NO_LINK else self._is_own
            if flags & _WRITING and not is_own(path):
                self.seen.append(f"opened {path} for writing")
        elif event in _CHANGES and not all(map(self._is_in_own, _paths(arguments))):
            self.seen.append(f"{event} {_paths(arguments)}")
        elif event in _CODE:
            self.seen.append(f"{event} {arguments!r:.80}")

    def _is_in_own(self, path: object) -> bool:
        """Of a name that is removed or replaced: a link itself, not what it leads to."""
        if not isinstance(path, str | bytes | os.PathLike):
            return True  # a descriptor, which somebody opened
        return self._is_own(Path(os.fsdecode(path)).parent / "name")

    def _is_own(self, path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return True  # a descriptor, which somebody opened
        text = os.fsdecode(path)
        return text == os.devnull or os.path.realpath(text).startswith(self.own)


def limit_memory() -> None:
    """From now on this process may have `MEMORY_BYTES` of address space more than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY_BYTES, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def forget_the_peak() -> None:
    """Start the high-water mark of resident memory anew: https://man7.org/linux/man-pages/man5/proc.5.html"""
    Path("/proc/self/clear_refs").write_text("5")


def resident_bytes(field: str) -> int:
    """`VmHWM`, the peak since `forget_the_peak`, or `VmRSS`, what there is now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) << 10
    return 0


def _paths(arguments: tuple[Any, ...]) -> list[Any]:
    return [one for one in arguments if isinstance(one, str | bytes | os.PathLike)]


def _hang(_number: int, _frame: FrameType | None) -> None:
    raise Hung
