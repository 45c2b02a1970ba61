"""`[run]` of an experiment: what is not science, and changes no figure."""

import re
from logging import Formatter, LogRecord
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt, field_validator

from imagette.errors import nearest
from imagette.plain import is_plain, short
from imagette.spec import Spec, named

_WIDE = re.compile("[0-9]{4}")  # of a field: a line would take as much memory
_ID = re.compile("[A-Za-z0-9_-]{1,64}")
_LOG_FILE = re.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,60}[.](txt|log)")


class CheckpointSpec(Spec):
    """A checkpoint every so many epochs (and at the end), of which the newest `keep` are kept.

    With `every = "auto"` the number of epochs is decided from what the first one took, so that
    checkpoints take no more than 1 % of training; the decision is recorded, and kept on resuming.
    """

    every: PositiveInt | Literal["auto"] = 1
    keep: int = Field(3, ge=1)


FORMS = {
    "plain": "%(message)s",
    "named": "[%(name)s %(levelname)s] : %(asctime)s - %(message)s",
}
"""Forms of a line of the log, by name, in the fields of Python's logging."""


class LogSpec(Spec):
    """The run's log: what is below `level` is left out; `file` lies in the run's folder.

    `form` is "plain", "named" ("[name LEVEL] : time - message"), or one of Python's logging.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: str = "plain"
    file: str = "log.txt"

    @field_validator("form")
    @classmethod
    def _form_is_known_or_one_of_logging(cls, form: str) -> str:
        if form not in FORMS and not _is_form(form):
            choices = f"{nearest(short(form, 60), FORMS).removesuffix('.')}, or with %(message)s"
            raise ValueError(f"no form is called {short(repr(form), 80)}. {choices}")
        return form

    @field_validator("file")
    @classmethod
    def _file_is_of_the_run_alone(cls, file: str) -> str:
        if not _LOG_FILE.fullmatch(file) or file == "network.txt":
            raise ValueError(
                f"must be a plain name that ends in .txt or .log. Got {short(repr(file))}"
            )
        return file


def _is_form(form: str) -> bool:
    """Whether Python's logging can make a line of it that has the message."""
    if "%(message)" not in form or not is_plain(form.replace("\t", " ")) or _WIDE.search(form):
        return False
    try:
        Formatter(form).format(LogRecord("", 0, "", 0, "", None, None))
    except (ValueError, KeyError, TypeError):
        return False
    return True


class TensorBoardSpec(Spec):
    """Event files for TensorBoard, in the run's own `tracking/tensorboard/`.

    Or in `<folder>/<title>/<name of the run>/`, for a folder that holds those of many runs.
    """

    name: Literal["tensorboard"] = "tensorboard"
    folder: str | None = Field(None, min_length=1)


class WandbSpec(Spec):
    """A run of Weights & Biases.

    `entity` is the account or team, by default the user's own; `id` is by default made from the
    run, so that a resumed run goes on as the same one. `mode = "offline"` sends nothing and keeps
    what `wandb sync` sends later; "disabled" switches it off.
    """

    name: Literal["wandb"] = "wandb"
    project: str = Field("imagette", min_length=1)
    entity: str | None = Field(None, min_length=1)
    group: str | None = Field(None, min_length=1)
    id: str | None = None
    mode: Literal["online", "offline", "disabled"] = "online"

    @field_validator("id")
    @classmethod
    def _id_has_plain_letters(cls, id: str | None) -> str | None:
        if id is not None and not _ID.fullmatch(id):
            raise ValueError(f"1 to 64 of a-z, A-Z, 0-9, _ and -. Got {short(repr(id), 80)}")
        return id


TrackerSpec = Annotated[
    TensorBoardSpec | WandbSpec, Field(discriminator="name"), BeforeValidator(named)
]


class RunSpec(Spec):
    """What is not science: it changes no figure, and is left out of the experiment's hash."""

    title: str = "untitled"
    folder: str = "runs"
    checkpoints: CheckpointSpec = CheckpointSpec()
    logging: LogSpec = LogSpec()
    track: tuple[TrackerSpec, ...] = ()

    @field_validator("track")
    @classmethod
    def _each_once(cls, track: tuple[TrackerSpec, ...]) -> tuple[TrackerSpec, ...]:
        names = [spec.name for spec in track]
        if len(set(names)) < len(names):
            raise ValueError(f"each tracker may be named once. Got {', '.join(names)}")
        return track

    def anchored(self) -> "RunSpec":
        """The same wherever the run is resumed: folders of trackers count from the working one."""
        return self.model_copy(update={"track": tuple(map(_anchored, self.track))})


def _anchored(spec: TrackerSpec) -> TrackerSpec:
    if not isinstance(spec, TensorBoardSpec) or spec.folder is None:
        return spec
    return spec.model_copy(update={"folder": str(Path(spec.folder).absolute())})
