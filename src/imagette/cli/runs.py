"""`imagette runs`: list, show and remove runs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from imagette.cli.console import Output
from imagette.cli.runs_text import list_lines, show_lines
from imagette.cli.trained import RUN_HELP
from imagette.run.runs import check_removable, list_runs, remove_run, show_run

app = typer.Typer(help="List, show and remove runs.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print the values as JSON.")]


@app.command("list")
def list_all(
    folder: Annotated[Path, typer.Argument(help="Where the runs are.")] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List the runs of a folder, the newest first.

    Example: imagette runs list
    """
    found = list_runs(folder)
    if as_json:
        print(json.dumps(found.as_json(), ensure_ascii=False))
        return
    for line in list_lines(found, Path.cwd(), Output().width):
        print(line)


@app.command()
def show(
    run: Annotated[Path, typer.Argument(help=RUN_HELP)],
    as_json: AsJson = False,
) -> None:
    """Show what a run was asked, what came of it, and what was noted.

    Example: imagette runs show runs/first_light
    """
    details = show_run(run)
    if as_json:
        print(json.dumps(details.as_json(), ensure_ascii=False))
        return
    for line in show_lines(details):
        print(line)


@app.command()
def remove(
    run: Annotated[Path, typer.Argument(help="A run folder, exactly.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove one run with all that is in its folder.

    Example: imagette runs remove runs/first_light/2026-01-31T12-00-00.000-1a2b
    """
    check_removable(run)
    if not yes:
        typer.confirm(f"Remove {run} with all that is in it?", abort=True)
    print(f"removed  {remove_run(run)}")
