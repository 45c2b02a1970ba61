"""`imagette sweep`."""

import json
import shlex
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from imagette.cli.console import Output
from imagette.cli.interruption import Interruption
from imagette.cli.output import forget_the_output
from imagette.cli.sweep_screen import SweepScreen
from imagette.sweep.events import SweepEnded, SweepEvent
from imagette.sweep.file import read_sweep
from imagette.sweep.run import SweepEvents, run_sweep
from imagette.sweep.trials import MAX_TRIALS, Trial, counted, plan_trials


class Place(StrEnum):
    """Where trials run."""

    local = "local"


def sweep(
    file: Annotated[str, typer.Argument(help="A sweep's file, or a shipped name.")],
    on: Annotated[Place, typer.Option("--on", help="Where trials run.")] = Place.local,
    workers: Annotated[
        int | None, typer.Option(help="Trials at a time; one a core if left out.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and list the trials, and run none.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="The sweep's folder, exactly.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help=f"Even over {MAX_TRIALS:,} trials.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcomes as JSON.")] = False,
) -> None:
    """Train the variants of an experiment, and go on where an earlier call stopped.

    Example: imagette sweep batch_sizes --dry-run
    """
    del on  # one place so far
    asked = read_sweep(file)
    if not as_json:
        print(f"{asked.title}: {counted(asked)}", flush=True)
    trials = plan_trials(asked, None if yes else MAX_TRIALS)
    if dry_run:
        _list_trials(trials, as_json)
        return
    again = shlex.join(["sweep", file, *(["--out", str(out)] if out else [])])
    events = run_sweep(asked, trials, workers=workers, out=out)
    with SweepScreen(Output(quiet=as_json), again) as screen:
        ended, code = _follow(events, screen)
    if as_json:
        print(json.dumps([outcome.as_json() for outcome in ended.outcomes], ensure_ascii=False))
    raise typer.Exit(code or int(not all(outcome.finished for outcome in ended.outcomes)))


def _follow(events: SweepEvents, screen: SweepScreen) -> tuple[SweepEnded, int]:
    """Shows a sweep to its end; returns it, and the exit code of the signal that stopped it."""
    event: SweepEvent = next(events)
    with Interruption() as interruption:
        interruption.wait()
        while not isinstance(event, SweepEnded):
            _show(screen, event)
            event = events.send(interruption.stop)
        _show(screen, event)
        return event, 0 if event.complete else interruption.exit_code


def _show(screen: SweepScreen, event: SweepEvent) -> None:
    """A reader who leaves (`| head`) ends no sweep: all is in its folder."""
    try:
        screen.show(event)
    except BrokenPipeError:
        forget_the_output()


def _list_trials(trials: Sequence[Trial], as_json: bool) -> None:
    """One line a trial, its seeds together, with the settings of its own."""
    if as_json:
        rows = [{"trial": one.name, "seed": one.seed, "settings": one.settings} for one in trials]
        print(json.dumps(rows, ensure_ascii=False))
        return
    for name, settings in {trial.name: trial.settings for trial in trials}.items():
        told = ", ".join(f"{key} = {' '.join(str(v).split())}" for key, v in settings.items())
        print(f"  {name}: {told or 'as the base'}")
