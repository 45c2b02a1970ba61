"""Options of the commands that look at what a run has trained."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class SplitChoice(StrEnum):
    """The splits of a run."""

    train = "train"
    validation = "validation"
    test = "test"


class WhichChoice(StrEnum):
    """The checkpoints that have a name."""

    last = "last"
    best = "best"


RUN_HELP = "A run folder, runs/TITLE for its newest, or pretrained:NAME."
TrainedRun = Annotated[Path, typer.Argument(help=RUN_HELP)]
Weights = Annotated[WhichChoice, typer.Option("--weights", help="Which checkpoint.")]
ByEngine = Annotated[
    str | None, typer.Option("--engine", help="Compute with torch or jax, whatever the run has.")
]
OpenTest = Annotated[
    bool, typer.Option("--open-test", help="Open the sealed test set; this is recorded.")
]
