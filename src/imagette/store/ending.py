"""How a run ended that is not finished: `stopped.json`, gone again once the run goes on."""

from typing import Literal

from imagette.store.damage import TEXT, checked
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row, read_json, write_json

Ending = Literal["stopped", "failed"]


def write_ending(run: RunFolder, ending: Ending, reason: str) -> None:
    """Say that the run was stopped, or why it failed; it may be resumed."""
    write_json(run.path / "stopped.json", {"state": ending, "reason": reason})


def read_ending(run: RunFolder) -> Row | None:
    """`state` and `reason`, as they were said; None of a run that said nothing."""
    path = run.path / "stopped.json"
    return (
        checked(read_json(path), path, {"state": TEXT, "reason": TEXT}) if path.exists() else None
    )
