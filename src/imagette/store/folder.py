"""A run folder: everything a run leaves behind, and nothing else touches its files.

`experiment.toml|json` as given, `resolved.json`, `network.txt`, `cost.json`, `environment.json`;
`history.jsonl` (deterministic), `timings.jsonl`, `decisions.jsonl`, `log.txt`, `spent.json`;
`checkpoints/`, `last.json`, `best.json`, `finished.json`, `stopped.json`; `evaluation/`;
`ledger.jsonl`; `curves.png`; `tracking/`; `notes.jsonl`, which people add to when they like.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.errors import StoreError, UsageError
from imagette.store import disk
from imagette.store.at_a_glance import run_html
from imagette.store.checkpoint import FORMAT, ModelCard, Saved, check_format, digests_of
from imagette.store.checkpoints import Checkpoints, Which, mark_of
from imagette.store.damage import (
    NUMBER,
    NUMBERS,
    TEXT,
    WHOLE,
    checked,
    checked_figures,
    checked_rows,
)
from imagette.store.evaluation_files import read_evaluation, write_evaluation
from imagette.store.json_files import Row, json_bytes, read_json, write_json
from imagette.store.lines import (
    append_line,
    append_text,
    drop_torn_line,
    keep_lines,
    read_last_line,
    read_lines,
    whole_lines,
)
from imagette.store.lock import locked
from imagette.store.naming import MARKER, find_run, new_name, safe_title
from imagette.store.tensors import Arrays
from imagette.store.whole import (
    read_whole,
    sweep,
    telling_of,
    write_whole,
    write_whole_folder,
)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder at `path`, which holds a run. Every write is whole and durable, or StoreError."""

    path: Path

    @classmethod
    def create(
        cls,
        root: Path,
        title: str,
        experiment_source: tuple[str, bytes] | None,
        resolved: Mapping[str, Any],
        network_text: str,
        cost: Mapping[str, Any],
        environment: Mapping[str, Any],
        out: Path | None = None,
        first: Mapping[str, bytes] | None = None,
        code: Mapping[str, bytes] | None = None,
    ) -> Self:
        """Make `<root>/<title>/<UTC time>-<id>/`, or exactly `out`, with what is known then.

        `experiment_source` is the experiment file as given (its name and bytes), if there was one;
        `first` are the files of the checkpoint of step 0, which is in the folder from its first
        moment, so that a run that is there can always be resumed; `code` are files of one's own
        code. Raises UsageError if `out` is there and not empty: a run is never written over.
        """
        path = (out or root / safe_title(title) / new_name()).absolute()
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise UsageError(f"{path} exists and is not empty: name another folder, or remove it")
        files = {
            "resolved.json": json_bytes(resolved),
            "network.txt": network_text.encode(),
            "cost.json": json_bytes(cost),
            MARKER: json_bytes({"format": FORMAT, **environment}),
        }
        if experiment_source:
            name, data = experiment_source
            files[f"experiment{Path(name).suffix}"] = data
        files |= {f"source/{name}": data for name, data in (code or {}).items()}
        if first:
            files |= {f"checkpoints/0/{name}": data for name, data in first.items()}
            files["last.json"] = json_bytes(mark_of(0, digests_of(first)))
        write_whole_folder(path, files)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The run at `path`; of `runs/<title>`, its newest. Raises UsageError if there is none."""
        found = find_run(path)
        marker = found / MARKER
        check_format(read_json(marker), marker)
        return cls(found.absolute())

    def _repr_html_(self) -> str:
        return run_html(self.path, self.finished(), self.last_row(), self.cost())

    # What was known at the start

    def resolved(self) -> Row:
        return read_json(self.path / "resolved.json")

    def cost(self) -> Row:
        return read_json(self.path / "cost.json")

    def environment(self) -> Row:
        return read_json(self.path / MARKER)

    def network_text(self) -> str:
        return _read_text(self.path / "network.txt")

    def experiment_file(self) -> Path | None:
        """The experiment as it was given; None where the run began without a file.

        It is handed on with reports and exports. Raises StoreError for a link: what a stranger's
        run leads to may be a file of one's own.
        """
        path = next(iter(sorted(self.path.glob("experiment.*"))), None)
        if path is not None and path.is_symlink():
            raise StoreError(
                f"{path} is a link, and none is read: put the file there, or remove it"
            )
        return path

    def experiment_text(self) -> str | None:
        """What `experiment_file` says."""
        path = self.experiment_file()
        return _read_text(path) if path else None

    # What grows

    @property
    def log_path(self) -> Path:
        return self.path / "log.txt"

    def history(self) -> list[Row]:
        """One row an epoch, from epoch 0, before training."""
        path = self.path / "history.jsonl"
        return checked_figures(read_lines(path), path)

    def last_row(self) -> Row | None:
        """The newest row of history, alone; None before there is one."""
        path = self.path / "history.jsonl"
        row = read_last_line(path)
        return row and checked_figures([row], path)[0]

    def timings(self) -> list[Row]:
        path = self.path / "timings.jsonl"
        return checked_rows(read_lines(path), path, {"epoch": WHOLE, "train_seconds": NUMBER})

    def decisions(self) -> list[Row]:
        path = self.path / "decisions.jsonl"
        return checked_rows(read_lines(path), path, {"what": TEXT})

    def notes(self) -> list[Row]:
        """What people wrote about the run: `when` (UTC) and `text`, the oldest first."""
        path = self.path / "notes.jsonl"
        return checked_rows(read_lines(path), path, {"when": TEXT, "text": TEXT})

    def ledger(self) -> list[Row]:
        """The openings of the test set for this run: its extract of the ledger."""
        return read_lines(self.path / "ledger.jsonl")

    def last_log_line(self) -> str:
        """The last line of the log; nothing if there is none."""
        lines = whole_lines(self.log_path)
        return lines[-1].decode("utf-8", "replace").rstrip("\n") if lines else ""

    def append_history(self, row: Mapping[str, Any]) -> None:
        """Add an epoch's row. Do so before its checkpoint, or a resumed run lacks the row."""
        append_line(self.path / "history.jsonl", row)

    def append_timing(self, row: Mapping[str, Any]) -> None:
        append_line(self.path / "timings.jsonl", row)

    def append_decision(self, row: Mapping[str, Any]) -> None:
        """Add a decision, which may take effect once this returns: it is on the disk."""
        append_line(self.path / "decisions.jsonl", row)

    def append_log(self, text: str) -> None:
        append_text(self.log_path, text)

    def append_note(self, text: str) -> str | None:
        """Add a note; returns what is worth saying, if an earlier one was torn and had to go.

        No other command mends this file, so it is done here.
        """
        path = self.path / "notes.jsonl"
        with self._alone():
            said = drop_torn_line(path)
            when = datetime.now(UTC).isoformat(timespec="seconds")
            append_line(path, {"when": when, "text": text})
        return said

    def rewind(self, step: int) -> tuple[str, ...]:
        """Take history and timings back to a checkpoint, from which the run goes on.

        Rows after `step` go, for they will be made again; so do torn last lines, the mark of the
        end and what a killed process left half written. Decisions stay: they are replayed.
        Returns what is worth saying.
        """
        self._sweep()
        names = ("history.jsonl", "timings.jsonl", "decisions.jsonl", "log.txt")
        said = tuple(filter(None, (drop_torn_line(self.path / name) for name in names)))
        history = self.history()
        kept = [row for row in history if row["step"] <= step]
        last_epoch = max((row["epoch"] for row in kept), default=-1)
        num_timings = sum(row["epoch"] <= last_epoch for row in self.timings())
        keep_lines(self.path / "history.jsonl", len(kept))
        keep_lines(self.path / "timings.jsonl", num_timings)
        for mark in (self.path / "finished.json", self.path / "stopped.json"):
            if mark.exists():
                with telling_of(mark):
                    disk.in_use.remove(mark)
        return said

    def _sweep(self) -> None:
        for name in ("checkpoints", "evaluation"):
            folder = self.path / name
            if folder.is_symlink():  # a stranger's: what is pruned there is not the run's
                raise StoreError(f"{folder} is a link, and a run's files lie in it: put them there")
        for name in ("", "checkpoints"):
            sweep(self.path / name)
        with self._alone():
            sweep(self.path / "evaluation")

    def _alone(self) -> AbstractContextManager[None]:
        """For what a process may do to a run that another one trains: one at a time."""
        return locked(self.path / ".beside")

    # Checkpoints

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.path)

    def write_checkpoint(
        self, step: int, weights: Weights, state: Arrays, card: ModelCard, meta: Row
    ) -> str:
        """As `Checkpoints.write`."""
        return self.checkpoints.write(step, weights, state, card, meta)

    def load(self, which: Which | int = "last") -> Saved:
        """As `Checkpoints.load`."""
        return self.checkpoints.load(which)

    def write_spent(self, seconds: float) -> None:
        """Say how much of its time budget the run has spent (s), in place of what was said before.

        All its processes count, so far as they came to say so. A run without such a budget has no
        `spent.json`.
        """
        write_json(self.path / "spent.json", {"seconds": seconds})

    def spent_seconds(self) -> float:
        """As last said; 0 of a run that has no budget of time."""
        path = self.path / "spent.json"
        return float(read_json(path)["seconds"]) if path.exists() else 0.0

    # What comes at the end

    def write_finished(
        self, reason: str, epochs: float, step: int, spent: Mapping[str, Any]
    ) -> None:
        """Say how the run ended, in words, and what it spent; a last epoch may be cut short."""
        row = {"reason": reason, "epochs": epochs, "step": step, "spent": dict(spent)}
        write_json(self.path / "finished.json", row)

    def finished(self) -> Row | None:
        """How the run ended; None while it has not."""
        path = self.path / "finished.json"
        if not path.exists():
            return None
        return checked(read_json(path), path, {"reason": TEXT, "step": WHOLE, "spent": NUMBERS})

    def write_evaluation(self, split: str, figures: Mapping[str, Any], arrays: Arrays) -> None:
        """Write the figures of a split, and the logits, labels and image digests behind them."""
        with self._alone():
            write_evaluation(self.path / "evaluation", split, figures, arrays)

    def evaluation_figures(self, split: str) -> Row | None:
        """The figures of a split, without the arrays; None if it was not evaluated."""
        path = self.path / "evaluation" / f"{split}.json"
        return read_json(path) if path.exists() else None

    def evaluated(self) -> tuple[str, ...]:
        """The names of the evaluations that are there: splits, or "test-best", "test-jax"."""
        return tuple(sorted(path.stem for path in (self.path / "evaluation").glob("*.json")))

    def keeps_answers(self, split: str) -> bool:
        """Whether the logits of a split are there; a published run may do without them."""
        return (self.path / "evaluation" / f"{split}.npz").exists()

    def read_evaluation(self, split: str) -> tuple[Row, dict[str, NDArray[Any]]]:
        return read_evaluation(self.path / "evaluation", split)

    @property
    def source(self) -> Path:
        """Where the run keeps the files of one's own code that it was made with."""
        return self.path / "source"

    def source_digests(self) -> dict[str, str]:
        """SHA-256 of each of those files, by its name in `source`."""
        files = sorted(path for path in self.source.rglob("*") if path.is_file())
        with telling_of(self.source):
            return {
                path.relative_to(self.source).as_posix(): sha256(path.read_bytes()).hexdigest()
                for path in files
                if path.suffix != ".pyc"
            }

    def write_picture(self, name: str, data: bytes) -> Path:
        """Write a picture, such as `curves.png`, and return where it is."""
        path = self.path / name
        write_whole(path, data)
        return path


def _read_text(path: Path) -> str:
    try:
        return read_whole(path).decode().replace("\r\n", "\n")
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
