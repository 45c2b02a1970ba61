"""Where torch runs, and with how many threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from imagette.engines.protocol import EngineSpec

# Measured on two cores: below this batch one thread beats two (docs/log.md).
SMALL_BATCH = 8


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
    if asked != "cpu" and not present[asked]:
        note = f"device '{asked}' was asked for but torch finds none: training on the processor"
        return Place(torch.device("cpu"), _processor(), (note,))
    if asked == "cuda":
        return Place(torch.device("cuda"), torch.cuda.get_device_name())
    return Place(torch.device(asked), _processor() if asked == "cpu" else "Apple GPU (mps)")


def set_threads(spec: EngineSpec, batch: int) -> int:
    """Sets torch's threads for this process: the number asked for, or the fixed rule by batch."""
    threads = spec.threads or (1 if batch < SMALL_BATCH else os.cpu_count() or 1)
    torch.set_num_threads(threads)
    return threads


@contextmanager
def flushing_denormals() -> Iterator[None]:
    """Numbers below 1e-38 count as 0 while it is open: they slow a processor down by far.

    Closed again afterwards, because the mode belongs to the thread, and so to its other work.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _processor() -> str:
    return f"processor ({os.cpu_count()} cores)"
