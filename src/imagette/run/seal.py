"""How sealed a test set still is: what the ledger of its openings tells, and what it does not."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from imagette.errors import StoreError
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row
from imagette.store.ledger import openings, verify
from imagette.store.lines import line_bytes
from imagette.store.naming import MARKER
from imagette.store.own_copy import own_copy


@dataclass(frozen=True, slots=True)
class Seal:
    """The openings of a data set's test images on this machine, as its ledger has them.

    `unknown` openings are in a run's own extract and not in the ledger.
    """

    dataset: str
    num_openings: int
    runs: tuple[str, ...]  # that opened it, each once, the first one first
    since: str | None  # UTC, of the first opening
    broken_at: int | None  # the first row, from 1, that does not follow the one before it
    unknown: int
    runs_of_title: int | None  # made before the run's last opening, that run included

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None and not self.unknown

    @property
    def lines(self) -> tuple[str, ...]:
        """What a person should read beside a figure of the test set."""
        return tuple(_lines(self))


def seal_of(dataset: str, run: RunFolder | None = None) -> Seal:
    """What is on record of a data set; with `run`, also whether the ledger knows its openings.

    >>> seal_of("a set that nobody opened").lines
    ('the test set of a set that nobody opened was never opened on this machine',)
    """
    rows = openings(dataset)
    own = [row for row in run.ledger() if row.get("dataset") == dataset] if run else []
    names = (str(row["run"]) for row in rows if row.get("run"))
    return Seal(
        dataset=dataset,
        num_openings=len(rows),
        runs=tuple(dict.fromkeys(names)),
        since=str(rows[0].get("when")) if rows else None,
        broken_at=verify(dataset).broken_at,
        unknown=sum(not _is_among(row, rows) for row in own),
        runs_of_title=own[-1].get("runs_of_title") if own else None,
    )


def _is_among(row: Row, rows: Sequence[Row]) -> bool:
    """A published row has lost its paths, and kept the digest of what the ledger has."""
    known = row.get("sha256")
    return row in rows or any(sha256(line_bytes(other)).hexdigest() == known for other in rows)


def seal_of_run(path: Path) -> Seal:
    """The seal of the data set that a run was trained on."""
    run = RunFolder.open(own_copy(path))
    return seal_of(str(run.resolved()["data"]["name"]), run)


def count_runs_of_title(folder: RunFolder) -> int:
    """The runs on this disk that bear the title of a run and lie near it, itself included.

    Near is `runs/*/*` for a run in `runs/<title>/`, and the trials of its sweep for a trial. Those
    that were removed are not counted: nobody knows of them.
    """
    title = _title(folder.path)
    root = folder.path.parent.parent
    near = {marker.parent for form in ("*", "*/*") for marker in root.glob(f"{form}/{MARKER}")}
    runs = {folder.path, *(run for run in near if not run.name.startswith("."))}
    return sum(_title(run) == title for run in runs)


def _title(run: Path) -> Any:
    """None for a run that cannot be read."""
    try:
        settings: Row = RunFolder(run).resolved()
        return settings["run"]["title"]
    except (StoreError, KeyError, TypeError):
        return None


def _lines(seal: Seal) -> Iterator[str]:
    if not seal.num_openings:
        yield f"the test set of {seal.dataset} was never opened on this machine"
    else:
        yield (
            f"the test set of {seal.dataset} was opened {_times(seal.num_openings)} on this "
            f"machine, by {_count(len(seal.runs), 'run')}, since {seal.since}"
        )
    if seal.runs_of_title is not None:
        others = seal.runs_of_title - 1
        told = _count(others, "other run") if others else "no other run"
        yield f"{told} of this title came before the opening"
    if seal.broken_at is not None:
        yield (
            f"the ledger is damaged: its chain breaks at row {seal.broken_at}, so rows were "
            "changed or removed, and these counts are no proof"
        )
    if seal.unknown:
        yield (
            f"the ledger lacks {_count(seal.unknown, 'opening')} that the run has on record: rows "
            "were cut off, or the test set was opened on another machine"
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
