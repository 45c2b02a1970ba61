"""What a tracker must do; each is one file with one class, and a row in `trackers.py`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from imagette.store.tracking import Told
from imagette.track.values import About, Value

Target = Mapping[str, Any]
"""Where a tracker keeps a run, as JSON values: another one is told everything anew."""


class Tracker(Protocol):
    """A run as one tracker shows it, being told; what its library raises may come out of any call.

    Every method may take as long as it likes: the process is its own.
    """

    @classmethod
    def target(cls, spec: Any, run: About, folder: Path) -> Target | None:
        """Where the run goes, `folder` being the run's `tracking/`.

        None where it cannot go on with what an earlier process told it: it is told everything.
        """

    @classmethod
    def begin(cls, spec: Any, run: About, folder: Path, told: Told) -> Self:
        """Begin to tell, or go on after what was told. Raises ImagetteError if it cannot."""

    def tell(self, value: Value) -> str | None:
        """Pass the value on; returns what is worth saying to the user, if anything is."""

    def flush(self) -> bool:
        """Whether all that was told outlives this process by now; if not, it does after `end`."""

    def end(self, is_finished: bool) -> None:
        """Say that no more comes now; a run that is not finished may go on later."""

    @property
    def where(self) -> str:
        """Where a person finds the run, in a line."""
