"""`imagette rates`: the learning-rate range test."""

import json
from pathlib import Path
from typing import Annotated

import typer

from imagette.cli.picture_file import Overwrite, place_for
from imagette.cli.train import DataDir, EngineName, Settings, changes_of
from imagette.experiment import find, load
from imagette.run.rates import RangeTest, range_test
from imagette.store.whole import write_whole

DEFAULT_PICTURE = Path("rates.png")


def rates(
    experiment: Annotated[str, typer.Argument(help="A file, or a shipped name.")],
    settings: Settings = None,
    engine: EngineName = None,
    low: Annotated[float, typer.Option(help="The first rate.")] = 1e-5,
    high: Annotated[float, typer.Option(help="The last rate.")] = 1.0,
    steps: Annotated[int, typer.Option(help="How many steps to take.")] = 1000,
    out: Annotated[
        Path | None,
        typer.Option(help=f"Where the figure goes; {DEFAULT_PICTURE}, but none with --json."),
    ] = None,
    overwrite: Overwrite = False,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON.")] = False,
) -> None:
    """Find a learning rate: raise it step by step, and see where the loss falls and breaks.

    Example: imagette rates first_light --low 1e-4 --high 10
    """
    picture = place_for(out, None if as_json else DEFAULT_PICTURE, overwrite)
    found = range_test(
        load(experiment, changes_of(settings, engine)),
        low=low,
        high=high,
        steps=steps,
        data_dir=data_dir,
        base=find(experiment).parent,
    )
    if picture:
        write_whole(picture, _figure(found))
    if as_json:
        print(json.dumps({**found.as_json(), "figure": str(picture) if picture else None}))
        return
    first, last = found.rates[0], found.rates[-1]
    broke = ", where the loss broke away" if found.broke else ""
    print(f"rates    {len(found.rates)} steps, from {first:.3g} to {last:.3g}{broke}")
    if found.fell:
        tenth = f"try a tenth, {found.lowest / 10:.2g}"
        print(f"lowest   the loss is lowest at {found.lowest:.3g}: {tenth}")
        print(f"fastest  the loss falls fastest at {found.fastest:.3g}")
    else:
        print("note     the loss did not fall: take more --steps, or another --low and --high")
    if picture:
        print(f"figure   {picture}")


def _figure(found: RangeTest) -> bytes:
    from imagette.report.curves import figure_bytes
    from imagette.report.rates import rates_figure

    both = (("falls fastest", found.fastest), ("a tenth of the lowest's", found.lowest / 10))
    marks = both if found.fell else ()
    title = f"{found.experiment}: learning-rate range test"
    return figure_bytes(rates_figure(title, found.rates, found.losses, found.smoothed, marks))
