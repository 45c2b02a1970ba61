"""`imagette track`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from imagette.cli.trained import RUN_HELP
from imagette.errors import UsageError
from imagette.run.track import track_run

To = Literal["tensorboard", "wandb"]
"""The trackers, as `track/trackers.py` has them."""
Mode = Literal["online", "offline"]

_OF = {"folder": "tensorboard"}  # the others are of wandb


def track(
    run: Annotated[Path, typer.Argument(help=RUN_HELP)],
    to: Annotated[To, typer.Option(help="The tracker.")],
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until the run is finished.")
    ] = False,
    folder: Annotated[
        str | None,
        typer.Option(help="TensorBoard: a folder for the event files of many runs."),
    ] = None,
    project: Annotated[str | None, typer.Option(help="W&B: the project; imagette if none.")] = None,
    entity: Annotated[str | None, typer.Option(help="W&B: an account or a team.")] = None,
    group: Annotated[str | None, typer.Option(help="W&B: the group of the run.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="W&B: the run's id there.")] = None,
    mode: Annotated[Mode | None, typer.Option(help="W&B: offline sends nothing.")] = None,
) -> None:
    """Tell a tracker of a run, while it trains or afterwards, all that it does not know.

    Example: imagette track runs/first_light --to tensorboard
    """
    asked = {
        "folder": folder,
        "project": project,
        "entity": entity,
        "group": group,
        "id": id,
        "mode": mode,
    }
    settings = {key: value for key, value in asked.items() if value is not None}
    for key in settings:
        owner = _OF.get(key, "wandb")
        if owner != to:
            raise UsageError(f"--{key} is for --to {owner}. Got --to {to}.")
    tracked = track_run(run, to, settings, follow=follow)
    for note in tracked.notes:
        print(f"note     {note}")
    print(f"told     {tracked.epochs} that {to} did not know")
    print(f"shown    {tracked.where}")
