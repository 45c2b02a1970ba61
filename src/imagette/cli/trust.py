"""The option by which a user vouches for code that came from elsewhere."""

from typing import Annotated

import typer

Trust = Annotated[
    bool, typer.Option("--trust", help="Run code that a run from elsewhere holds; read it first.")
]
