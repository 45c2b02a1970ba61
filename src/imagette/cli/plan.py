"""`imagette plan`: what a time budget would buy."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Annotated

import typer

from imagette.cli.beginning import decision_text, limit_lines, setup_line
from imagette.cli.train import DataDir, EngineName, Settings, changes_of
from imagette.experiment import find, load
from imagette.run.forecast import Forecast, forecast

WIDTH = 80


def plan(
    context: typer.Context,
    experiment: Annotated[str, typer.Argument(help="A file, or a shipped name.")],
    settings: Settings = None,
    engine: EngineName = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="How long to measure training.")
    ] = 5.0,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON.")] = False,
) -> None:
    """Measure a few seconds of training and say what the whole would take.

    With budget.minutes: how many epochs fit. Nothing is kept, no test image is read.

    Example: imagette plan lenet_cifar_batch20 --set budget.minutes=10 --set recipe.epochs=budget
    """
    found = forecast(
        load(experiment, changes_of(settings, engine)),
        seconds=seconds,
        data_dir=data_dir,
        base=find(experiment).parent,
        began=context.obj,
    )
    print(json.dumps(found.as_json()) if as_json else "\n".join(_lines(found)))


def _lines(found: Forecast) -> Iterator[str]:
    yield f"plan     {found.experiment}"
    yield f"engine   {found.device}"
    for decision in found.decisions:
        yield from wrap(f"decided  {decision_text(decision)}", WIDTH, subsequent_indent=" " * 9)
    yield from limit_lines(found.limits)
    yield setup_line(found.setup_seconds, found.warm_up_seconds)
    step = f"{1000 * found.step_seconds:.3g} ms for {found.batch:,} images"
    yield f"step     {step}: {found.images_per_second:,.0f} images/s"
    evaluation = f"and {found.evaluation_seconds:.2f} s of evaluation"
    yield f"epoch    {found.epoch_seconds:.2f} s of training {evaluation}"
    fit = "" if found.minutes is None else f" in {found.minutes:g} min"
    yield f"epochs   {found.epochs:.2f}{fit}: {found.steps:,} steps"
    yield f"work     {found.operations:.3g} operations, forward and backward"
    for text in found.remarks:
        yield f"note     {text}"
    end = datetime.now().astimezone() + timedelta(seconds=found.total_seconds)
    yield f"end      after {_duration(found.total_seconds)}: begun now, at {end:%H:%M}"


def _duration(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> _duration(3661), _duration(59.6)
    ('1 h 1 min 1 s', '1 min 0 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    named = ((hours, "h"), (minutes, "min"))
    return " ".join([*(f"{number} {unit}" for number, unit in named if number), f"{rest} s"])
