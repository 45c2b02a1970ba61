"""The files of one input: bytes by name, and what else a folder may hold."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Pipe:
    """A named pipe: whoever opens it waits for ever."""


Content = bytes | Link | Pipe
Files = Mapping[str, Content]
"""Name below the input's folder, parts joined by "/", to what lies there."""


def write_files(folder: Path, files: Files) -> None:
    """Lay the files out below a folder that is there and empty; names no system takes are left."""
    for name, content in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Link):
                path.symlink_to(content.target)
            elif isinstance(content, Pipe):
                os.mkfifo(path)
            else:
                path.write_bytes(content)
        except (OSError, ValueError):  # too long, a file where a folder should be, or with a NUL
            continue


def read_files(folder: Path) -> dict[str, bytes]:
    """What lies below a folder, by name."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
