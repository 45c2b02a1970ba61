"""Which runs hold code that this user ran on this machine: only theirs is run again unasked."""

import os
import sys
from hashlib import sha256
from pathlib import Path

from imagette.errors import UsageError
from imagette.store.json_files import Row
from imagette.store.ledger import state_folder
from imagette.store.lines import append_line, drop_torn_line, read_lines
from imagette.store.lock import locked
from imagette.store.whole import make_folder, read_whole, telling_of

_COMPILED = "__pycache__"


def remember(run: Path) -> None:
    """Writes down that what this run names and holds was named by this user, here."""
    path = _register()
    with telling_of(path):
        make_folder(path.parent)
    with locked(path):
        drop_torn_line(path)  # of a process that was killed: no other command mends this file
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
    _pass_over_compiled_code()


def _fingerprint(run: Path) -> Row:
    """The run, and the SHA-256 of what says which code runs (resolved.json) and of that code."""
    source = run / "source"
    found = sorted(path for path in source.rglob("*") if path.parent.name != _COMPILED)
    code = [path for path in found if path.is_file() or path.is_symlink()]
    named = {str(path.relative_to(run)): path for path in [run / "resolved.json", *code]}
    with telling_of(run):
        digests = {name: sha256(_content(path)).hexdigest() for name, path in named.items()}
    return {"run": str(run.resolve()), "files": digests}


def _content(path: Path) -> bytes:
    """Of a link where it leads, too: a folder behind one holds code as well."""
    leads = os.fsencode(path.readlink()) + b"\n" if path.is_symlink() else b""
    return leads + (read_whole(path) if path.is_file() else b"")


def _pass_over_compiled_code() -> None:
    """Python believes a `__pycache__` that fits its source by date and size, whatever is in it.

    So that of a run is neither read nor written: https://docs.python.org/3/library/sys.html
    """
    if sys.pycache_prefix is None:
        sys.pycache_prefix = str(state_folder() / "compiled")


def _register() -> Path:
    return state_folder() / "runs.jsonl"
