"""Which runs hold code that this user ran on this machine: only theirs is run again unasked."""

from hashlib import sha256
from pathlib import Path

from imagette.errors import UsageError
from imagette.store.json_files import Row
from imagette.store.ledger import state_folder
from imagette.store.lines import append_line, read_lines
from imagette.store.whole import make_folder, telling_of


def remember(run: Path) -> None:
    """Writes down that what this run names and holds was named by this user, here."""
    path = _register()
    with telling_of(path):
        make_folder(path.parent)
    append_line(path, _fingerprint(run))


def check_trusted(run: Path, trust: bool) -> None:
    """Raises UsageError for a run from elsewhere, or changed since, unless `trust` is given.

    Nothing of the run's code is imported to find that out.
    """
    if not trust and _fingerprint(run) not in read_lines(_register()):
        raise UsageError(
            f"{run} names code that was not run by you on this machine, or has changed since: read "
            "its resolved.json and source/, then add --trust."
        )


def _fingerprint(run: Path) -> Row:
    """The run, and the SHA-256 of what says which code runs (resolved.json) and of that code."""
    source = run / "source"
    files = sorted(path for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc")
    named = {str(path.relative_to(run)): path for path in [run / "resolved.json", *files]}
    with telling_of(run):
        digests = {name: sha256(path.read_bytes()).hexdigest() for name, path in named.items()}
    return {"run": str(run.resolve()), "files": digests}


def _register() -> Path:
    return state_folder() / "runs.jsonl"
