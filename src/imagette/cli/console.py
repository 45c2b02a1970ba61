"""Standard output as rich writes it."""

import sys

from rich.console import Console


class Output(Console):
    """Tells whoever prints that the reader (`| head`) has left, for there may be more to do."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(file=sys.stdout, quiet=quiet)

    def on_broken_pipe(self) -> None:
        """Instead of ending the process, as rich does."""
        raise BrokenPipeError
