"""`imagette report`."""

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from imagette.cli.invocation import program
from imagette.cli.train import DataDir
from imagette.cli.trust import Trust
from imagette.errors import UsageError
from imagette.run.account import account_of_runs
from imagette.run.page_file import Form
from imagette.run.report import report_run

Lang = Literal["en", "fr"]
"""The languages of a page."""


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="A run folder, or runs/TITLE for its newest; with --best folders of runs too.",
        ),
    ],
    best: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Write the account of all RUNs: the best of them."),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="One HTML file, or Markdown to write on.")
    ] = "html",
    lang: Annotated[Lang, typer.Option(help="The language of the page.")] = "en",
    out: Annotated[
        Path | None,
        typer.Option(help="Another file than the run's report, or than account.html here."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it is there.")
    ] = False,
    layer: Annotated[
        list[str] | None,
        typer.Option(help="Whose activation maps, once for each; some convolutions if left out."),
    ] = None,
    data_dir: DataDir = None,
    trust: Trust = False,
) -> None:
    """Write the page of a run, or the account of several with --best; it needs no network.

    Example: imagette report runs/first_light --lang fr
    """
    if best is None:
        alone = _one_run(runs)
        path = report_run(
            alone,
            lang=lang,
            form=form,
            out=out,
            overwrite=overwrite,
            layers=layer or (),
            data_dir=data_dir,
            trust=trust,
        )
        print(f"report  {path}")
        return
    if layer or data_dir or trust:
        raise UsageError("--layer, --data-dir and --trust are for the page of one run, not --best.")
    command = _command(runs, best, form, lang, out)
    path = account_of_runs(
        runs, best, command=command, lang=lang, form=form, out=out, overwrite=overwrite
    )
    print(f"account {path}")


def _one_run(runs: list[Path]) -> Path:
    if len(runs) > 1:
        raise UsageError(
            f"report takes one run, or --best RUN for the account of several. Got {len(runs)} runs."
        )
    return runs[0]


def _command(runs: list[Path], best: Path, form: Form, lang: Lang, out: Path | None) -> str:
    """The command that makes the account again."""
    place = ["--out", str(out)] if out else []
    words = [*map(str, runs), "--best", str(best), "--format", form, "--lang", lang, *place]
    return f"{program()} report {shlex.join(words)} --overwrite"
