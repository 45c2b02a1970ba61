"""Which runs hold code that this user ran on this machine: only theirs is run again unasked."""

from collections.abc import Mapping
from pathlib import Path

from imagette.errors import UsageError
from imagette.store.ledger import state_folder
from imagette.store.lines import append_line, read_lines
from imagette.store.whole import telling_of


def remember(run: Path, digests: Mapping[str, str]) -> None:
    """Writes down that this run's code, by the SHA-256 of its files, was named by this user."""
    path = _register()
    with telling_of(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    append_line(path, {"run": str(run.resolve()), "source": dict(digests)})


def check_trusted(run: Path, digests: Mapping[str, str], trust: bool) -> None:
    """Raises UsageError for code from elsewhere, or changed since, unless `trust` is given."""
    known = {"run": str(run.resolve()), "source": dict(digests)}
    if digests and not trust and known not in read_lines(_register()):
        raise UsageError(
            f"{run} holds code ({', '.join(digests)}) that was not run by you on this machine, or "
            "has changed since: read it, then add --trust."
        )


def _register() -> Path:
    return state_folder() / "runs.jsonl"
