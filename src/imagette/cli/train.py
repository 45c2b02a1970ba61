"""`imagette train`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from imagette.cli.console import Output
from imagette.cli.interruption import CTRL_C, Interrupted, Interruption
from imagette.cli.output import forget_the_output
from imagette.cli.screen import Screen
from imagette.cli.trust import Trust
from imagette.errors import UsageError
from imagette.experiment import find, load
from imagette.run.origin import Names, Origin
from imagette.run.train import Begun, Ended, RunEvent, RunEvents, resume, train_experiment
from imagette.store.weight_names import ORDER, read_names

DEFAULT_EXPERIMENT = "first_light"

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a key, as in recipe.epochs=2.", metavar="KEY=VALUE"),
]
EngineName = Annotated[str | None, typer.Option(help="torch or jax; sets engine.name.")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Where data lie on this disk already.")
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="Start from the last weights of this run, or from a file: .pt, safetensors, npz.",
        metavar="RUN|FILE",
    ),
]
NamesOption = Annotated[
    str | None,
    typer.Option(
        "--names",
        help="With --from FILE: what it calls each weight (TOML or JSON), or 'order'.",
        metavar="FILE|order",
    ),
]


def train(
    context: typer.Context,
    experiment: Annotated[
        str | None,
        typer.Argument(help=f"A file, or a shipped name; {DEFAULT_EXPERIMENT} if left out."),
    ] = None,
    settings: Settings = None,
    engine: EngineName = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder, exactly.")] = None,
    runs: Annotated[Path | None, typer.Option(help="Where run folders go.")] = None,
    origin: From = None,
    names: NamesOption = None,
    reset: Annotated[
        list[str] | None,
        typer.Option(help="With --from: a layer whose weights start anew.", metavar="LAYER"),
    ] = None,
    resumed: Annotated[
        Path | None, typer.Option("--resume", help="Go on with this run where it stopped.")
    ] = None,
    data_dir: DataDir = None,
    trust: Trust = False,
) -> None:
    """Train a network and keep the run in a folder.

    Example: imagette train first_light --set recipe.epochs=2
    """
    if resumed:
        _refuse_with_resume(experiment, settings, out, runs, origin, names, reset)
        going_on = resume(resumed, data_dir, trust, engine, began=context.obj)
        raise typer.Exit(_follow(going_on, None))
    came = _origin(origin, names, reset)
    name = experiment or DEFAULT_EXPERIMENT
    changes = changes_of(settings, engine)
    loaded = load(name, changes)
    if runs:
        loaded = loaded.model_copy(
            update={"run": loaded.run.model_copy(update={"folder": str(runs)})}
        )
    events = train_experiment(
        loaded,
        out=out,
        source=find(name),
        origin=came,
        data_dir=data_dir,
        began=context.obj,
    )
    same = [name, *(word for change in changes for word in ("--set", change))]
    raise typer.Exit(_follow(events, [*same, *_origin_words(came, names)]))


def _origin(path: Path | None, names: str | None, reset: list[str] | None) -> Origin | None:
    if path is None:
        if reset:
            raise UsageError("--reset names layers that --from would fill: give --from RUN too.")
        if names:
            raise UsageError("--names goes with --from FILE, whose names it translates: give both.")
        return None
    said: Names = None
    if names is not None:
        said = "order" if names == ORDER else read_names(Path(names))
    return Origin(path, tuple(reset or ()), said)


def _origin_words(origin: Origin | None, names: str | None) -> list[str]:
    """What on the command line said where the weights come from.

    >>> _origin_words(Origin(Path("runs/a"), ("linear1",)), None)
    ['--from', 'runs/a', '--reset', 'linear1']
    """
    if origin is None:
        return []
    given = [("--from", str(origin.path)), *(("--reset", layer) for layer in origin.reset)]
    return [word for pair in [*given, *([("--names", names)] if names else [])] for word in pair]


def changes_of(settings: list[str] | None, engine: str | None) -> list[str]:
    """All that a command line changes in an experiment, as `key=value`s."""
    return [*(settings or []), *([f"engine.name={engine}"] if engine else [])]


def _follow(events: RunEvents, words: Sequence[str] | None) -> int:
    """Shows a training to its end and returns the exit code; `words` are those that began it."""
    with Interruption() as interruption, Screen(Output(), words) as screen:
        try:
            event: RunEvent | None = next(events, None)
            while event is not None and not isinstance(event, Begun):
                screen.show(event)
                event = next(events, None)
            # From here on there is something to lose: a signal waits for the end of the chunk.
            interruption.wait()
            last = _follow_begun(events, event, screen, interruption)
        except Interrupted as signal:
            print(f"imagette: {signal} before the first step: no step is lost", file=sys.stderr)
            return interruption.exit_code
        except KeyboardInterrupt:
            print("imagette: left at once: --resume goes on from the last state", file=sys.stderr)
            return CTRL_C
        return 0 if isinstance(last, Ended) else interruption.exit_code


def _follow_begun(
    events: RunEvents, event: RunEvent | None, screen: Screen, interruption: Interruption
) -> RunEvent | None:
    """Shows `event` and all that follow; returns the last."""
    last = None
    while event is not None:
        _show(screen, event)
        last = event
        try:
            event = events.send(interruption.stop)
        except StopIteration:
            event = None
    return last


def _show(screen: Screen, event: RunEvent) -> None:
    """A reader who leaves (`| head`) ends no training: all is in the run's log."""
    try:
        screen.show(event)
    except BrokenPipeError:
        forget_the_output()


def _refuse_with_resume(*others: object) -> None:
    if any(others):
        raise UsageError(
            "--resume goes on with a run as it was: leave out the experiment, --set, --out, "
            "--runs, --from, --names and --reset; only --engine may change. To train a finished "
            "run further, start a new one --from it."
        )
