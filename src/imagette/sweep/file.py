"""Sweep files: found by path or among those shipped, and read with their base experiment."""

from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from imagette.errors import UsageError
from imagette.experiment import SUFFIXES, files_by_name, find, find_among, is_file, read_values
from imagette.problems import describe_problems
from imagette.sweep.spec import Sweep


def read_sweep(name: str | Path) -> Sweep:
    """Reads a sweep by path, or by name among those shipped; its title is the file's name if not
    given. `base` may be an experiment's shipped name, a path relative to the sweep's file, or the
    experiment's table itself. Code of one's own is looked for beside the base, then beside the
    sweep. Raises UsageError naming every problem at once.

    >>> read_sweep("batch_sizes").grid
    {'recipe.batch': (4, 16, 20, 64, 128)}
    """
    path = find_sweep(str(name))
    values = {"title": path.stem, **read_values(path)}
    folders = [path.parent]
    if isinstance(values.get("base"), str):
        base = _base(values["base"], path)
        values["base"] = read_values(base)
        folders.insert(0, base.parent)
    try:
        return Sweep.model_validate(values).beside(*folders)
    except ValidationError as error:
        raise UsageError(describe_problems(error, Sweep, str(name))) from None


def shipped_sweeps() -> dict[str, Path]:
    """The sweeps that come with imagette, by name."""
    return files_by_name(Path(str(files("imagette") / "experiments" / "sweeps")))


def find_sweep(name: str) -> Path:
    """A path if there is one, else a shipped sweep of that name."""
    return find_among(name, shipped_sweeps(), "sweep")


def _base(base: str, sweep: Path) -> Path:
    beside = sweep.parent / base
    is_path = beside.suffix in SUFFIXES or len(Path(base).parts) > 1
    return find(str(beside) if is_path or is_file(beside) else base)
