"""The ledger of openings: who put the test images of a data set through a network, and when.

One file a data set in the state folder, one row an opening, each row with the sha256 of the one
before it. It is tamper-evident, not tamper-proof: whoever changes or removes a row in the middle
breaks the chain, but rows cut from the end are known only to the runs that hold their extract.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from platformdirs import user_state_path

from imagette.errors import StoreError
from imagette.store.json_files import Row
from imagette.store.lines import (
    append_line,
    drop_torn_line,
    read_lines,
    whole_lines,
)
from imagette.store.lock import locked
from imagette.store.naming import safe_title
from imagette.store.whole import make_folder, telling_of

Purpose = Literal["evaluate", "each-epoch"]

_FIRST = "0" * 64  # what the first row has for the digest of the row before it


def state_folder() -> Path:
    """Where this machine's ledgers lie: `IMAGETTE_STATE`, or the system's place for state."""
    chosen = os.environ.get("IMAGETTE_STATE")
    return Path(chosen) if chosen else user_state_path("imagette", appauthor=False)


def ledger_path(dataset: str) -> Path:
    """The ledger of a data set; names that differ have files that differ."""
    name = safe_title(dataset)
    if name != dataset:
        digest = sha256(dataset.encode("utf-8", "surrogateescape")).hexdigest()
        name = f"{name}-{digest[:8]}"
    return state_folder() / "ledger" / f"{name}.jsonl"


@dataclass(frozen=True, slots=True)
class Ledger:
    """For whom the test set is opened: what each row says beside the data set.

    Hand it to `data.open_test`, which calls `record` before it opens the file.
    """

    run: Path | None  # the run's folder, which gets the extract; None in an interactive session
    weights_digest: str
    command: str
    purpose: Purpose = "evaluate"
    runs_of_title: int | None = None  # before this opening, itself included; None without a run
    run_made: str = ""  # when (UTC): older rows are of a run that lay there before it was removed

    def record(self, dataset: str, digest: str) -> None:
        """Add one row, durably, to the data set's ledger and to the run's `ledger.jsonl`.

        A resumed run in the courses' mode is on record already, with the row of its start.
        Raises StoreError if either cannot be written: the test set must then stay closed.
        """
        if self._is_on_record(dataset, digest):
            return
        path = ledger_path(dataset)
        try:
            self._record(path, dataset, digest)
        except StoreError as error:
            raise StoreError(
                f"The test set of {dataset} stays sealed, its opening cannot be recorded: {error}"
            ) from error

    def _is_on_record(self, dataset: str, digest: str) -> bool:
        if self.purpose != "each-epoch" or self.run is None:
            return False
        rows = read_lines(self.run / "ledger.jsonl")
        asked = (self.purpose, dataset, digest)
        return any((r.get("purpose"), r.get("dataset"), r.get("digest")) == asked for r in rows)

    def _record(self, path: Path, dataset: str, digest: str) -> None:
        with telling_of(path):
            make_folder(path.parent)
        if path.parent.is_symlink():
            raise StoreError(
                f"{path.parent} is a link, and no ledger is kept behind one: put the folder that "
                "it leads to in its place, or let IMAGETTE_STATE name another"
            )
        with locked(path):
            drop_torn_line(path)  # a writer was killed before its opening: nothing was opened
            lines = whole_lines(path)
            row = self._row_without_extract(lines, dataset, digest)
            if row is None:
                row = self._new_row(lines, dataset, digest)
                append_line(path, row)
            if self.run:
                drop_torn_line(self.run / "ledger.jsonl")
                append_line(self.run / "ledger.jsonl", row)

    def _row_without_extract(self, lines: list[bytes], dataset: str, digest: str) -> Row | None:
        """The row of a run in the courses' mode that was killed before it had its extract."""
        if self.purpose != "each-epoch" or self.run is None:
            return None
        known = {
            "dataset": dataset, "digest": digest, "run": str(self.run), "purpose": self.purpose
        }  # fmt: skip
        rows = (row for line in lines if (row := _row(line)) is not None)
        own = (row for row in rows if known.items() <= row.items())
        return next((row for row in own if str(row.get("when")) >= self.run_made), None)

    def _new_row(self, lines: list[bytes], dataset: str, digest: str) -> Row:
        return {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "dataset": dataset,
            "digest": digest,
            "run": str(self.run) if self.run else None,
            "weights_digest": self.weights_digest,
            "command": self.command,
            "purpose": self.purpose,
            "runs_of_title": self.runs_of_title,
            "previous": sha256(lines[-1]).hexdigest() if lines else _FIRST,
        }


def openings(dataset: str) -> list[Row]:
    """Every recorded opening of the data set's test images, oldest first.

    Rows that are damaged are not here; `verify` tells that there are some.
    """
    rows = map(_row, whole_lines(ledger_path(dataset)))
    return [row for row in rows if row is not None]


@dataclass(frozen=True, slots=True)
class Chain:
    """What a ledger's chain shows: how many rows, and the first (from 1) that does not follow."""

    num_rows: int
    broken_at: int | None  # rows before it, or it, were changed or removed

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


def verify(dataset: str) -> Chain:
    """Follow the chain of the data set's ledger, from its first row to its last."""
    return verify_file(ledger_path(dataset))


def ledgers() -> list[Path]:
    """The ledgers of this machine, one a data set, by name."""
    return sorted((state_folder() / "ledger").glob("*.jsonl"))


def verify_file(path: Path) -> Chain:
    """Follow the chain of a ledger."""
    lines = whole_lines(path)
    expected = _FIRST
    for number, line in enumerate(lines, start=1):
        row = _row(line)
        if row is None or row.get("previous") != expected:
            return Chain(len(lines), broken_at=number)
        expected = sha256(line).hexdigest()
    return Chain(len(lines), broken_at=None)


def _row(line: bytes) -> Row | None:
    """The row of a line, None if it is damaged."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None
