"""Where commands put a picture: never over another, unless told to."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from imagette.store.free import check_free

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the PNG if it is there.")]


def place_for(out: Path | None, default: Path | None, overwrite: bool) -> Path | None:
    """Where the picture goes: `out`, else the `default`, if there is one; None for no picture.

    Nobody asked for the default one, so a file that is there already stays, which is said, and
    stops nothing. Raises UsageError where `out` is not free.
    """
    check_free(out, overwrite)
    if out or default is None:
        return out
    if default.exists() and not overwrite:
        print(
            f"imagette: {str(default)!r} exists and stays: no figure is drawn. "
            "Give --overwrite, or --out with another name.",
            file=sys.stderr,
        )
        return None
    return default
