"""A bar on standard error while something is fetched or read; none where that is no terminal."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    track,
)


class DownloadBar:
    """A bar in the form that pooch asks for: `total`, then update, reset and close."""

    def __init__(self, title: str) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=None)
        self._bar.start()

    @property
    def total(self) -> float | None:
        return self._bar.tasks[0].total

    @total.setter
    def total(self, size_bytes: float) -> None:
        self._bar.update(self._task, total=size_bytes or None)

    def update(self, size_bytes: float) -> None:
        self._bar.advance(self._task, size_bytes)

    def reset(self) -> None:
        self._bar.reset(self._task, total=self.total)

    def close(self) -> None:
        self._bar.stop()


def counted(steps: Sequence[int], title: str) -> Iterable[int]:
    """The steps, one after another, under a bar that shows how many are done."""
    console = Console(stderr=True)
    return track(steps, title, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """The time that a client of another program takes."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    bar.add_task(title, total=None)
    with bar:
        yield
