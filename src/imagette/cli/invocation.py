"""How to write imagette's commands so that they work where this one was called."""

import os
import sys
from pathlib import Path
from shutil import which


def program() -> str:
    """`imagette` where the shell finds it, else the way it was called: `.venv/bin/imagette`."""
    called = Path(sys.argv[0])
    if called.stem == "__main__":
        return "python -m imagette"
    found = which("imagette")
    if found and Path(found).resolve() == called.resolve():
        return "imagette"
    return short(called)


def short(path: Path) -> str:
    """The path from the current folder, where it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
