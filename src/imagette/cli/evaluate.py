"""`imagette evaluate`."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from imagette.cli.evaluation_table import evaluation_table
from imagette.cli.train import DataDir, Trust
from imagette.run.evaluate import evaluate_run


class SplitChoice(StrEnum):
    """The splits of a run."""

    train = "train"
    validation = "validation"
    test = "test"


class WhichChoice(StrEnum):
    """The checkpoints that have a name."""

    last = "last"
    best = "best"


def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder, or runs/TITLE for its newest.")],
    split: Annotated[SplitChoice, typer.Option(help="Which images.")] = SplitChoice.validation,
    open_test: Annotated[
        bool, typer.Option("--open-test", help="Open the sealed test set; this is recorded.")
    ] = False,
    weights: Annotated[WhichChoice, typer.Option(help="Which checkpoint.")] = WhichChoice.last,
    data_dir: DataDir = None,
    trust: Trust = False,
    engine: Annotated[
        str | None, typer.Option(help="Compute with torch or jax, whatever the run has.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure a trained run on one of its splits.

    Example: imagette evaluate runs/first_light --split test --open-test
    """
    evaluation = evaluate_run(
        run,
        split.value,
        which=weights.value,
        open_test_set=open_test,
        data_dir=data_dir,
        trust=trust,
        engine=engine,
    )
    if as_json:
        print(json.dumps(evaluation.as_json(), ensure_ascii=False))
    else:
        evaluation_table(evaluation, split.value, Console(file=sys.stdout))
