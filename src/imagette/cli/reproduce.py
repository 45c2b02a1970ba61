"""`imagette reproduce`: a run trained again, and compared bit for bit."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated

import typer

from imagette.cli.console import Output
from imagette.cli.interruption import Interrupted, Interruption
from imagette.cli.screen import Screen
from imagette.cli.train import DataDir
from imagette.cli.trained import RUN_HELP
from imagette.cli.trust import Trust
from imagette.run.reproduce import Reproducing, Reproduction, reproduce
from imagette.run.train import Begun, Ended
from imagette.train.events import Finished


def reproduce_command(
    run: Annotated[Path, typer.Argument(help=RUN_HELP)],
    steps: Annotated[
        int | None, typer.Option(min=0, help="Only to the end of the epoch with this step.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to train again, and keep it; else it is removed.")
    ] = None,
    data_dir: DataDir = None,
    trust: Trust = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Train a run again and say whether it comes out the same, bit for bit.

    Exit code 0 if it does, 1 if it differs.

    Example: imagette reproduce runs/first_light --steps 100
    """
    place = out or Path(mkdtemp(prefix="imagette-reproduce-"))
    try:
        with Interruption() as interruption:
            found = _followed(reproduce(run, place, steps, data_dir, trust), as_json)
    except Interrupted as signal:
        print(f"imagette: {signal} before all was compared", file=sys.stderr)
        raise typer.Exit(interruption.exit_code) from None
    finally:
        if out is None:
            rmtree(place, ignore_errors=True)
    print(json.dumps(found.as_json()) if as_json else "\n".join(_lines(found, out)))
    raise typer.Exit(int(found.difference is not None))


def _followed(events: Reproducing, quiet: bool) -> Reproduction:
    """Shows the training as it goes: neither its beginning, for it is known, nor its end."""
    with Screen(Output(quiet=quiet)) as screen:
        try:
            while True:
                event = next(events)
                if not isinstance(event, Begun | Ended | Finished):
                    screen.show(event)
        except StopIteration as ended:
            found: Reproduction = ended.value
            return found


def _lines(found: Reproduction, out: Path | None) -> Iterator[str]:
    yield ""
    steps = ", ".join(f"{step:,}" for step in found.checkpoints) or "none"
    yield f"compared {found.rows:,} rows of history; weights and optimiser of steps: {steps}"
    difference = found.difference
    if difference is None:
        yield "same     bit for bit"
    else:
        yield f"differs  epoch {difference.epoch}, {difference.field}"
        yield f"then     {difference.then}"
        yield f"now      {difference.now}"
        yield from (f"maybe    {reason}" for reason in found.reasons)
        if not found.reasons:
            yield "maybe    nothing that is on record has changed: a fault of imagette or of memory"
    if out:
        yield f"again    {found.again}"
