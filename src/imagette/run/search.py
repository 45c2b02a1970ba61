"""Finding runs: in any folder, at any depth, without following links."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from imagette.errors import UsageError
from imagette.store.naming import MARKER, find_run

# `runs/<title>/` holds nothing but runs named by their time; a sweep names its trials itself.
_TIMED = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class Found:
    """The runs below a folder, and the folders beside them that hold none."""

    runs: tuple[Path, ...]
    others: tuple[Path, ...]


def find_runs(folder: Path) -> Found:
    """Every run in `folder` or below it, in the order of their paths.

    Links and hidden folders are not entered, nor are runs: a run in a run is part of it. Raises
    UsageError if there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder: name one that holds runs, such as runs.")
    return _found(folder)


def runs_meant(path: Path) -> tuple[Path, ...]:
    """The runs that a path stands for.

    A run folder is itself, `runs/<title>` its newest run; of any other folder all runs in it are
    meant, such as a sweep's. Raises UsageError, with the near miss, for a path that leads to none.
    """
    is_run = (path / MARKER).is_file()
    inside = () if is_run or not path.is_dir() else _found(path).runs
    if not inside or all(run.parent == path and _TIMED.fullmatch(run.name) for run in inside):
        return (find_run(path).absolute(),)
    return tuple(run.absolute() for run in inside)


def _found(folder: Path) -> Found:
    if (folder / MARKER).is_file():
        return Found((folder,), ())
    below = [_found(inner) for inner in _folders_in(folder)]
    runs = tuple(run for one in below for run in one.runs)
    if not runs:
        return Found((), (folder,))
    return Found(runs, tuple(other for one in below for other in one.others))


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            ]
    except OSError:  # a folder that may not be read holds no run that may be
        return []
    return [folder / name for name in sorted(names)]
