"""`imagette note`."""

from pathlib import Path
from typing import Annotated

import typer

from imagette.cli.trained import RUN_HELP
from imagette.run.runs import note_run


def note(
    run: Annotated[Path, typer.Argument(help=RUN_HELP)],
    text: Annotated[str, typer.Argument(help="What there is to say.")],
) -> None:
    """Add a note to a run; notes appear where runs are listed, shown and compared.

    Example: imagette note runs/first_light "rate too high"
    """
    folder, remark = note_run(run, text)
    if remark:
        print(f"note     {remark}")
    print(f"noted    {folder.path}")
