"""Where commands put a picture that was asked for: never over another, unless told to."""

from pathlib import Path
from typing import Annotated

import typer

from imagette.errors import UsageError

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the PNG if it is there.")]


def check_free(out: Path | None, overwrite: bool, option: str = "--out") -> None:
    """Before anything is computed: UsageError for a file that is there, or a folder that is not."""
    if out is None:
        return
    if out.exists() and not overwrite:
        raise UsageError(f"{str(out)!r} exists: give --overwrite, or another name with {option}.")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{str(out.parent)!r} is not a folder: make it first, or choose another.")
