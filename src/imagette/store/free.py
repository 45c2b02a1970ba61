"""Whether a file may be written where somebody asked for it: nothing is overwritten."""

from pathlib import Path

from imagette.errors import UsageError


def check_free(out: Path | None, overwrite: bool, option: str = "--out") -> None:
    """Before anything is computed: UsageError for a file that is there, or a folder that is not.

    `option` is how another place is named on the command line.
    """
    if out is None:
        return
    if out.exists() and not overwrite:
        raise UsageError(f"{str(out)!r} exists: give --overwrite, or another name with {option}.")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{str(out.parent)!r} is not a folder: make it first, or choose another.")
