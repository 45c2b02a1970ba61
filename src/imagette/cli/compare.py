"""`imagette compare`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from imagette.cli.comparison_table import comparison_csv, comparison_table, ensemble_lines
from imagette.errors import UsageError
from imagette.run.compare import Comparison, compare_runs
from imagette.run.ensemble import ensemble_of
from imagette.store.whole import write_whole

DEFAULT_PICTURE = Path("compare.png")


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Run folders, runs/TITLE for its newest, or folders of runs, such as a sweep's.",
        ),
    ],
    against: Annotated[
        str | None, typer.Option(help="The variant to compare with; the first if left out.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help=f"Where the figure goes; {DEFAULT_PICTURE}, but none with --json or --csv."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the figure if it is there.")
    ] = False,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="All runs as one: their mean probabilities.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a line a variant as CSV.")] = False,
) -> None:
    """Show runs side by side: figures, differences with their interval, and one figure.

    Runs that differ by their seed alone are one variant; figures are its means.

    Example: imagette compare runs/lenet_cifar runs/vgg8 --out both.png
    """
    if as_json and as_csv:
        raise UsageError("--json and --csv: give one of them.")
    if as_csv and ensemble:
        raise UsageError("--csv has a line a variant, and --ensemble is none: give --json.")
    picture = out or (None if as_json or as_csv else DEFAULT_PICTURE)
    if picture and picture.exists() and not overwrite:
        raise UsageError(f"{str(picture)!r} exists: give --overwrite, or another name with --out.")
    comparison = compare_runs(runs, against)
    together = ensemble_of(comparison) if ensemble else None
    if picture:
        write_whole(picture, _figure(comparison))
    if as_json:
        values = {**comparison.as_json(), "figure": str(picture) if picture else None}
        if together:
            values["ensemble"] = together.as_json()
        print(json.dumps(values, ensure_ascii=False))
    elif as_csv:
        print(comparison_csv(comparison), end="")
    else:
        console = Console(file=sys.stdout)
        comparison_table(comparison, console)
        if together:
            ensemble_lines(together, console)
        print(f"\nfigure   {picture}")


def _figure(comparison: Comparison) -> bytes:
    from imagette.report.comparison import comparison_figure
    from imagette.report.curves import figure_bytes

    split = " or ".join(comparison.splits) or "no images yet"
    return figure_bytes(comparison_figure(comparison.curves, split))
