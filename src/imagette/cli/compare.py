"""`imagette compare`."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from imagette.cli.comparison_csv import comparison_csv
from imagette.cli.comparison_table import comparison_table, ensemble_lines
from imagette.cli.console import Output
from imagette.cli.invocation import program
from imagette.cli.picture_file import place_for
from imagette.cli.report import Lang
from imagette.errors import UsageError
from imagette.evaluate.ensemble import Ensemble
from imagette.run.compare import Comparison, compare_runs
from imagette.run.ensemble import ensemble_of
from imagette.store.free import check_free
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
            help=f"Where the figure goes; {DEFAULT_PICTURE}, or none with --html, --json, --csv."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the figure or page if it is there.")
    ] = False,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="All runs as one: their mean probabilities.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page too: sortable table, curves, prices."),
    ] = None,
    lang: Annotated[Lang, typer.Option(help="The language of the page.")] = "en",
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
    if lang != "en" and not html:
        raise UsageError("--lang is the language of the page: give --html FILE too.")
    default = None if as_json or as_csv or html else DEFAULT_PICTURE
    picture = place_for(out, default, overwrite)
    check_free(html, overwrite, "--html")
    comparison = compare_runs(runs, against)
    together = ensemble_of(comparison) if ensemble else None
    if picture:
        write_whole(picture, _figure(comparison))
    if html:
        command = _command(runs, against, html, lang)
        write_whole(html, _page(comparison, command, lang))
    made = {"figure": picture, "page": html}
    if as_json:
        print(json.dumps(_values(comparison, together, made), ensure_ascii=False))
    elif as_csv:
        print(comparison_csv(comparison), end="")
    else:
        _show(comparison, together, made)


def _values(
    comparison: Comparison, together: Ensemble | None, made: Mapping[str, Path | None]
) -> dict[str, Any]:
    files = {what: str(path) if path else None for what, path in made.items()}
    ensemble = {"ensemble": together.as_json()} if together else {}
    return {**comparison.as_json(), **files, **ensemble}


def _show(
    comparison: Comparison, together: Ensemble | None, made: Mapping[str, Path | None]
) -> None:
    console = Output()
    comparison_table(comparison, console)
    if together:
        ensemble_lines(together, console)
    print("\n" + "\n".join(f"{what:<8} {path}" for what, path in made.items() if path))


def _command(runs: list[Path], against: str | None, html: Path, lang: Lang) -> str:
    """The command that makes the page again."""
    options = ["--against", against] if against else []
    words = [*map(str, runs), *options, "--html", str(html), "--lang", lang, "--overwrite"]
    return f"{program()} compare {shlex.join(words)}"


def _page(comparison: Comparison, command: str, lang: Lang) -> bytes:
    from imagette.run.comparison_page import comparison_html

    return comparison_html(comparison, command, lang)


def _figure(comparison: Comparison) -> bytes:
    from imagette.report.comparison import comparison_figure
    from imagette.report.curves import figure_bytes

    split = " or ".join(comparison.splits) or "no images yet"
    return figure_bytes(comparison_figure(comparison.curves, split))
