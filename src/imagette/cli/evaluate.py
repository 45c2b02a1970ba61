"""`imagette evaluate`."""

import json
from typing import Annotated

import typer
from rich.markup import escape

from imagette.cli.console import Output
from imagette.cli.evaluation_table import evaluation_table
from imagette.cli.train import DataDir
from imagette.cli.trained import ByEngine, OpenTest, SplitChoice, TrainedRun, Weights, WhichChoice
from imagette.cli.trust import Trust
from imagette.errors import UsageError
from imagette.run.evaluate import evaluate_run
from imagette.run.seal import seal_of_run


def evaluate(
    run: TrainedRun,
    split: Annotated[SplitChoice, typer.Option(help="Which images.")] = SplitChoice.validation,
    open_test: OpenTest = False,
    weights: Weights = WhichChoice.last,
    data_dir: DataDir = None,
    trust: Trust = False,
    engine: ByEngine = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure a trained run on one of its splits.

    Example: imagette evaluate runs/first_light --split test --open-test
    """
    if open_test and split != SplitChoice.test:
        raise UsageError(
            f"--open-test opens the test set, and --split is {split.value}: add --split test."
        )
    evaluation = evaluate_run(
        run,
        split.value,
        which=weights.value,
        open_test_set=open_test,
        data_dir=data_dir,
        trust=trust,
        engine=engine,
    )
    seal = seal_of_run(run) if split == SplitChoice.test else None
    if as_json:
        told = {"seal": seal.as_json()} if seal else {}
        print(json.dumps({**evaluation.as_json(), **told}, ensure_ascii=False))
        return
    console = Output()
    evaluation_table(evaluation, split.value, console)
    for line in seal.lines if seal else ():
        console.print(escape(f"sealed   {line}"), highlight=False, soft_wrap=True)
