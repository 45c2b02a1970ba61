"""On what a run was made: versions, machine, commit, command and time."""

import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from imagette.machine import usable_cores
from imagette.store.json_files import Row

# What each engine computes with: another version of it may move bits.
PACKAGES = {"torch": ("torch",), "jax": ("jax", "jaxlib", "optax")}


def environment() -> Row:
    """What `environment.json` holds; whatever cannot be found out is None. Imports no framework."""
    return {
        "imagette": _version("imagette"),
        "python": platform.python_version(),
        "numpy": _version("numpy"),
        **{name: _version(name) for packages in PACKAGES.values() for name in packages},
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_bytes": _memory_bytes(),
        "commit": _commit(),
        "command": shlex.join(sys.argv),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str | None:
    """The processor's name; `platform.processor` does not know it on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, None) or platform.machine() or None


def _memory_bytes() -> int | None:
    if not hasattr(os, "sysconf"):
        return None
    try:
        size_bytes: int = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return size_bytes
    except (ValueError, OSError):
        return None


def _commit() -> str | None:
    """The commit of the repository that holds the working folder."""
    command = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
