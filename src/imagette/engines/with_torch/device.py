"""Where torch runs, and with how many threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from imagette.machine import processor_in_words


@dataclass(frozen=True)
class Place:
    """A torch device, its name in words, and what the user should know about the choice."""

    device: torch.device
    words: str
    notes: tuple[str, ...] = ()


def choose_device(asked: str) -> Place:
    """The device asked for if it is there, else the processor, with a note; `auto`: the best."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        asked = next((name for name, there in present.items() if there), "cpu")
    if asked != "cpu" and not present.get(asked):
        note = f"device '{asked}' was asked for but torch finds none: training on the processor"
        return Place(torch.device("cpu"), _processor(), (note,))
    if asked == "cuda":
        return Place(torch.device("cuda"), torch.cuda.get_device_name())
    return Place(torch.device(asked), _processor() if asked == "cpu" else "Apple GPU (mps)")


@contextmanager
def working(threads: int) -> Iterator[None]:
    """So many threads, and numbers below 1e-38 count as 0, for they slow a processor by far.

    Both are put back afterwards: they belong to the process, and so to its other work, such as
    another model's training.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before)


def _processor() -> str:
    return processor_in_words()
