"""`imagette report`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from imagette.cli.train import DataDir, Trust
from imagette.run.report import report_run


class Lang(StrEnum):
    """The languages of a page."""

    en = "en"
    fr = "fr"


def report(
    run: Annotated[Path, typer.Argument(help="A run folder, or runs/TITLE for its newest.")],
    lang: Annotated[Lang, typer.Option(help="The language of the page.")] = Lang.en,
    out: Annotated[
        Path | None, typer.Option(help="Another file than report.html in the run's folder.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file of --out if it is there.")
    ] = False,
    layer: Annotated[
        list[str] | None,
        typer.Option(help="Whose activation maps, once for each; some convolutions if left out."),
    ] = None,
    data_dir: DataDir = None,
    trust: Trust = False,
) -> None:
    """Write the page of a run: one HTML file, which needs no network.

    Example: imagette report runs/first_light --lang fr
    """
    path = report_run(
        run,
        lang=lang.value,
        out=out,
        overwrite=overwrite,
        layers=layer or (),
        data_dir=data_dir,
        trust=trust,
    )
    print(f"report  {path}")
