"""A sweep's folder: what was asked for, the experiment and run of each trial, and how it ended.

`sweep.json` (the sweep as it was begun), `trials.jsonl` (a row each time a trial ended; a trial's
last one counts), `<trial>/seed-<n>.json` (its complete experiment), `<trial>/seed-<n>/` (its run).
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from imagette.errors import StoreError, UsageError
from imagette.evaluate.spec import JUDGED_FIRST
from imagette.experiment import resolved
from imagette.plain import short
from imagette.store.damage import (
    NUMBER_OR_NONE,
    TABLE,
    TEXT,
    WHOLE,
    Kind,
    checked,
    checked_rows,
)
from imagette.store.folder import RunFolder
from imagette.store.json_files import json_bytes, read_json, write_json
from imagette.store.lines import append_line, drop_torn_line, read_lines
from imagette.store.lock import only_one
from imagette.store.naming import MARKER, safe_title
from imagette.store.whole import (
    make_folder,
    remove_folder,
    telling_of,
    write_whole_folder,
)
from imagette.sweep.events import Outcome
from imagette.sweep.settings import flattened
from imagette.sweep.spec import Sweep
from imagette.sweep.trials import Trial

FORMAT = 1
_THREADS = Kind("a number of threads or null", lambda value: value is None or WHOLE.holds(value))
MAX_DIFFERENCES = 3  # told where a sweep was changed


@dataclass(frozen=True)
class SweepFolder:
    """The folder at `path`. `threads` is the engine's number in every trial, None if left alone."""

    path: Path
    threads: int | None

    @classmethod
    def enter(
        cls, path: Path, sweep: Sweep, sources: Mapping[str, str], threads: int | None
    ) -> Self:
        """Make the folder, or enter the one of this same sweep, whose threads then hold.

        `sources` are the digests of the code that its trials run. Raises UsageError for a folder
        that holds anything else, naming what differs.
        """
        path = path.absolute()
        marker = path / "sweep.json"
        asked = json.loads(json_bytes(sweep.model_dump(mode="json")))
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            begun = {"format": FORMAT, "threads": threads, "sweep": asked, "sources": sources}
            write_whole_folder(path, {marker.name: json_bytes(begun)})
            return cls(path, threads)
        if not marker.is_file():
            raise UsageError(
                f"{path} is there and holds no sweep: give this one another title, or --out."
            )
        begun = read_json(marker)
        checked(begun, marker, {"sweep": TABLE, "threads": _THREADS})
        _refuse_a_change(path, begun, {**asked, "sources": sources})
        return cls(path, begun.get("threads"))

    def held(self) -> AbstractContextManager[int]:
        """Hold the folder's lock and hand out its descriptor, or raise UsageError at once.

        Trials that inherit it and outlive a killed sweep keep a second one out of their runs.
        """
        refusal = (
            f"A sweep, or a trial that a killed one left running, is at work in {self.path}: "
            "wait for its end, or end it, then call again."
        )
        return only_one(self.path / "sweep.lock", refusal)

    def run_path(self, trial: Trial) -> Path:
        return self.path / trial.folder

    def write_experiment(self, trial: Trial) -> Path:
        """The trial's complete experiment as a file, with the threads of this sweep."""
        values = resolved(trial.experiment)
        if self.threads is not None and values["engine"]["threads"] is None:
            values["engine"]["threads"] = self.threads
        path = self.path / f"{trial.folder}.json"
        with telling_of(path):
            make_folder(path.parent)
        write_json(path, values)
        return path

    def can_resume(self, trial: Trial) -> bool:
        """Whether its run has a checkpoint to go on from; a run without one is removed."""
        path = self.run_path(trial)
        if not (path / MARKER).is_file():
            return False
        if RunFolder(path).checkpoints.steps():
            return True
        remove_folder(path)
        return False

    def finished(self, trial: Trial) -> Outcome | None:
        """The outcome of a trial whose run is whole; None while it is not.

        Raises StoreError if its run is damaged.
        """
        run = RunFolder(self.run_path(trial))
        ended = run.finished()
        if ended is None:
            return None
        judged = {split: run.evaluation_figures(split) for split in JUDGED_FIRST}
        split, figures = next(((name, row) for name, row in judged.items() if row), (None, {}))
        if split:
            checked(figures, run.path / "evaluation", {"accuracy": NUMBER_OR_NONE})
        return Outcome(
            trial=trial.name,
            seed=trial.seed,
            run=run.path,
            reason=ended["reason"],
            split=split,
            accuracy=figures.get("accuracy"),
            train_seconds=ended["spent"].get("train_seconds", 0.0),
        )

    def recorded(self) -> set[tuple[str, int]]:
        """Name and seed of the trials whose last row says that they finished.

        A last line that a crash tore is dropped first.
        """
        path = self.path / "trials.jsonl"
        drop_torn_line(path)
        kinds = {"trial": TEXT, "seed": WHOLE, "outcome": TEXT}
        rows = checked_rows(read_lines(path), path, kinds)
        last = {(row["trial"], row["seed"]): row["outcome"] for row in rows}
        return {trial for trial, outcome in last.items() if outcome == "finished"}

    def record(self, outcome: Outcome) -> None:
        """Add a row that says how a trial ended; its run is named relative to this folder."""
        row = outcome.as_json() | {"run": outcome.run.relative_to(self.path).as_posix()}
        append_line(self.path / "trials.jsonl", row)


def default_path(trials: Sequence[Trial], sweep: Sweep) -> Path:
    """`<runs>/<sweep title>`, where the base's `run.folder` says what `<runs>` is."""
    return Path(trials[0].experiment.run.folder) / safe_title(sweep.title)


def _refuse_a_change(path: Path, begun: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    if begun.get("format") != FORMAT or not isinstance(begun.get("sources", {}), dict):
        raise StoreError(f"{path / 'sweep.json'} is damaged or of another format than {FORMAT}.")
    before, now = (
        {key: value for key, value in flattened(one).items() if "." in key or value != {}}
        for one in ({**begun["sweep"], "sources": begun.get("sources", {})}, asked)
    )
    told = [
        f"'{short(key, 60)}' was {_shown(before, key)} and is {_shown(now, key)}"
        for key in {**before, **now}
        if before.get(key, ...) != now.get(key, ...)
    ]
    if told:
        more = f", and {len(told) - MAX_DIFFERENCES} more" * (len(told) > MAX_DIFFERENCES)
        raise UsageError(
            f"{path} was begun with another sweep: {'; '.join(told[:MAX_DIFFERENCES])}{more}. "
            "Give the changed sweep another title, or --out."
        )


def _shown(values: Mapping[str, Any], key: str) -> str:
    return f"{values[key]!r:.60}" if key in values else "absent"
