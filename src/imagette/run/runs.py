"""Runs as a list and one by one: what was asked, what came of it, what was noted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imagette.errors import ImagetteError, UsageError
from imagette.evaluate.spec import JUDGED_FIRST
from imagette.network.cost import OPERATIONS
from imagette.run.search import find_runs
from imagette.run.state import RunState, state_of
from imagette.store.damage import naming_damage
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row
from imagette.store.lock import held
from imagette.store.naming import MARKER
from imagette.store.own_copy import own_copy
from imagette.store.whole import remove_folder
from imagette.train.events import epochs_at


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about a run, and when (UTC)."""

    when: str
    text: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in one row of a list; `accuracy` (0 to 1) is of its newest epoch, on `split`."""

    path: Path
    title: str
    when: str  # UTC, when it was made
    state: RunState
    seed: int
    network: str
    data: str
    parameters: int
    operations: int  # forward, of one image
    uncounted: tuple[str, ...]  # the paths of code whose operations we do not know: in no total
    epochs: float  # done; no whole number if the last was cut short
    epochs_asked: int | str  # "budget": as many as fitted into its time
    accuracy: float | None
    split: str | None
    test_watched: bool  # evaluation.test = "each-epoch"
    notes: tuple[Note, ...]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run as `runs show` tells it: its row of the list, its last figures and its settings."""

    summary: RunSummary
    train_seconds: float
    figures: Row  # the newest row of history
    checkpoints: tuple[int, ...]
    resolved: Row
    environment: Row

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "summary": self.summary.as_json()}


@dataclass(frozen=True, slots=True)
class RunList:
    """The runs of a folder, the newest first, and a line about each folder that is none."""

    runs: tuple[RunSummary, ...]
    remarks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"runs": [run.as_json() for run in self.runs], "remarks": list(self.remarks)}


def list_runs(folder: Path) -> RunList:
    """The runs in a folder, at any depth; one that cannot be read is named, the rest are shown.

    Raises UsageError if there is no such folder.
    """
    found = find_runs(folder)
    runs: list[RunSummary] = []
    remarks: list[str] = []
    for path in found.runs:
        try:
            runs.append(summary_of(RunFolder.open(path)))
        except ImagetteError as error:
            remarks.append(str(error))
    if found.runs:
        remarks += [f"{other} holds no run" for other in found.others]
    runs.sort(key=lambda run: (run.when, run.path.name), reverse=True)
    return RunList(tuple(runs), tuple(remarks))


def show_run(path: Path) -> RunDetails:
    """All that `runs show` tells of a run, or of the newest of `runs/<title>`."""
    folder = RunFolder.open(path)
    finished = folder.finished()
    seconds = (
        float(finished["spent"].get("train_seconds", 0.0))
        if finished
        else sum(row["train_seconds"] for row in folder.timings())
    )
    return RunDetails(
        summary=summary_of(folder),
        train_seconds=seconds,
        figures=folder.last_row() or {},
        checkpoints=folder.checkpoints.steps(),
        resolved=folder.resolved(),
        environment=folder.environment(),
    )


def note_run(path: Path, text: str) -> tuple[RunFolder, str | None]:
    """Adds a note to a run, or to the newest of `runs/<title>`; a remark comes back if one is due.

    Raises UsageError for a note without words.
    """
    if not text.strip():
        raise UsageError("A note needs words. Got none; e.g. imagette note RUN 'rate too high'.")
    folder = RunFolder.open(own_copy(path))
    return folder, folder.append_note(text.strip())


def remove_run(path: Path) -> Path:
    """Removes one run folder with all that is in it, and returns where it was.

    Links in it are removed, what they lead to stays. Raises UsageError, and removes nothing, if
    `path` is a link, no run folder itself (a title's folder is none), holds other runs, or is
    being trained.
    """
    check_removable(path)
    whole = path.resolve()  # of `RUN/checkpoints/..` the last part is no name to rename
    remove_folder(whole)
    return whole


def check_removable(path: Path) -> None:
    """Raises UsageError saying why `path` is not removed, if it is not to be."""
    if path.is_symlink():
        raise UsageError(f"{path} is a link: name the folder that it leads to ({path.resolve()}).")
    if not ((path / MARKER).is_file() and (path / "resolved.json").is_file()):
        raise UsageError(
            f"{path} is not a run folder (no {MARKER} and resolved.json in it): nothing is removed."
        )
    with held(path):  # refuses a run that is being trained
        pass
    inner = [run for below in path.iterdir() if below.is_dir() for run in _runs_below(below)]
    if inner:
        raise UsageError(f"{path} holds other runs, such as {inner[0]}: move or remove them first.")


def summary_of(folder: RunFolder) -> RunSummary:
    """A run's row of the list, from the few small files that it needs.

    Raises StoreError, naming the folder, if what it reads is missing or damaged.
    """
    with naming_damage(folder.path):
        return _summary(folder)


def _summary(folder: RunFolder) -> RunSummary:
    resolved, cost, row = folder.resolved(), folder.cost(), folder.last_row() or {}
    asked = resolved["recipe"]["epochs"]
    split = judged_split(row)
    return RunSummary(
        path=folder.path,
        title=str(resolved["run"]["title"]),
        when=str(folder.environment().get("time") or ""),
        state=state_of(folder),
        seed=int(resolved["seed"]),
        network=_network_name(resolved["network"]),
        data=str(resolved["data"]["name"]),
        parameters=int(cost["parameters"]),
        operations=sum(cost["cost"][k] for k in OPERATIONS),
        uncounted=tuple(map(str, cost.get("uncounted", ()))),
        epochs=epochs_at(row) if row else 0,
        epochs_asked=asked if asked == "budget" else int(asked),
        accuracy=float(row[f"{split}_accuracy"]) if split else None,
        split=split,
        test_watched=resolved["evaluation"]["test"] == "each-epoch",
        notes=tuple(Note(str(note["when"]), str(note["text"])) for note in folder.notes()),
    )


def judged_split(row: Mapping[str, Any]) -> str | None:
    """The split that a row of history is judged by: validation, else test, else train."""
    known = (split for split in JUDGED_FIRST if row.get(f"{split}_accuracy") is not None)
    return next(known, None)


def _network_name(network: Mapping[str, Any]) -> str:
    """The name in the catalogue, or which other way says what the network is; and its width."""
    ways = (key for key in ("python", "text", "layers") if network.get(key) is not None)
    name = network.get("name") or f"own ({next(ways, 'unknown')})"
    width = network.get("width", 1)
    return str(name) if width == 1 else f"{name} x{width:g}"


def _runs_below(folder: Path) -> tuple[Path, ...]:
    return () if folder.is_symlink() else find_runs(folder).runs
