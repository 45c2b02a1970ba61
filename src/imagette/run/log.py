"""The log of a run: a line for each event of its level and above, in the form that it asks for.

The levels, and the fields of a form, are those of Python's own logging.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from imagette.run.lines import line_of
from imagette.run_spec import FORMS, LogSpec
from imagette.store.folder import RunFolder
from imagette.store.lines import append_text, drop_torn_line
from imagette.train.events import Checkpoint, Event, Finished, Progress, Remark

NAME = "imagette"
"""What a form calls the logger."""


@dataclass(frozen=True)
class Log:
    """The log of the run in `folder`, as `spec` has it."""

    folder: RunFolder
    spec: LogSpec

    @property
    def path(self) -> Path:
        return self.folder.path / self.spec.file

    def write(self, event: Event) -> None:
        """Adds the line of an event, if it has one; it is on the disk then."""
        line = line_of(event) or _detail(event)
        if line:
            self.write_line(line, level_of(event))

    def write_line(self, text: str, level: int) -> None:
        """Adds lines of text of a level of `logging`; those below the log's own are left out."""
        if level >= logging.getLevelNamesMapping()[self.spec.level.upper()]:
            lines = text.split("\n")
            append_text(self.path, "\n".join(self._formed(line, level) for line in lines))

    def mend(self) -> str | None:
        """Cuts off a last line that a killed process left torn, and says so."""
        return drop_torn_line(self.path)

    def _formed(self, line: str, level: int) -> str:
        form = logging.Formatter(FORMS.get(self.spec.form, self.spec.form))
        return form.format(logging.LogRecord(NAME, level, "", 0, line, None, None))


def level_of(event: Event) -> int:
    """What moves a bar is for debugging; a warning is what the user should know.

    >>> level_of(Remark("the rate is too high")) == logging.WARNING
    True
    """
    match event:
        case Progress() | Checkpoint():
            return logging.DEBUG
        case Remark() | Finished(complete=False):
            return logging.WARNING
    return logging.INFO


def _detail(event: Event) -> str | None:
    """The line of an event that only a log for debugging has."""
    match event:
        case Progress(position=at, steps_per_epoch=steps):
            loss = f"{at.tally.loss:.4g}"
            return f"epoch {at.epoch}, {at.step_in_epoch} of {steps} steps: loss {loss}"
        case Checkpoint(position=at):
            return f"checkpoint of step {at.step}"
    return None
