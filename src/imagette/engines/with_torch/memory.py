"""The processor's memory for tensors: kept from step to step, in large pages where there are some.

Every step needs the memory that the one before gave back. By its own rule the C library returns
much of it to the system each time, which clears it, page by page, for the next step: up to a sixth
of a step (docs/log.md). No bit depends on it.
"""

import ctypes
import os
import sys
from functools import cache

# mallopt's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, and the largest values that glibc takes.
# https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
_RULES = {-1: 2**31 - 1, -3: 32 << 20}


@cache
def keep_memory() -> None:
    """Says so to glibc, for the whole process; another C library is left as it is.

    The process keeps what it needed most until its end. Large pages are torch's own setting, which
    it reads when it makes its first tensor.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "gnu_get_libc_version"):
            for rule, value in _RULES.items():
                library.mallopt(rule, value)
