"""What this process may use of the machine."""

import os
import time
from pathlib import Path
from typing import Literal

# Measured on two cores, torch and JAX: below this batch one thread beats two (docs/log.md).
SMALL_BATCH = 8


def usable_cores() -> int:
    """The cores this process may run on; a container, job or OMP_NUM_THREADS may cut them down."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(asked) if asked.isdecimal() and int(asked) else 1 << 16
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, limit)


def processor_in_words() -> str:
    """As a device is named: with its cores, as far as this process may use them."""
    cores = usable_cores()
    return f"processor ({cores} core{'' if cores == 1 else 's'})"


def threads_for(batch: int | Literal["all"]) -> int:
    """The fixed rule: one thread for small batches, else one a core."""
    return 1 if batch != "all" and batch < SMALL_BATCH else usable_cores()


def process_began() -> float:
    """When this process began, on the clock of `perf_counter`: before Python itself was loaded.

    Where the system does not say, processor time stands for the time that start and imports took.
    """
    return time.perf_counter() - max(time.process_time(), _age_of_process() or 0.0)


def _age_of_process() -> float | None:
    """In seconds, as Linux knows it, to a hundredth; None elsewhere."""
    try:
        after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = int(after_name[19])  # the 22nd field of proc(5), since the machine began
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return None
