"""What this process may use of the machine."""

import os


def usable_cores() -> int:
    """The cores this process may run on; a container, job or OMP_NUM_THREADS may cut them down."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(asked) if asked.isdecimal() and int(asked) else 1 << 16
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, limit)
