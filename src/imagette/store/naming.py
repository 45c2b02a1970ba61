"""The names of run folders: `runs/<title>/<UTC time>-<id>/`, and `pretrained:NAME`."""

import re
import secrets
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

from imagette.errors import UsageError, nearest
from imagette.plain import short

MARKER = "environment.json"  # what makes a folder a run

PRETRAINED = "pretrained:"
"""How the name of a published run begins that comes with imagette."""

_NEW_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}-[0-9a-f]{4}")
_MAX_TITLE = 80
# Names that Windows keeps for devices, with or without an ending.
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10)}


def safe_title(title: str) -> str:
    """The title as a file name that every system accepts.

    >>> safe_title("vgg8: dropout .2/.3")
    'vgg8-dropout-.2-.3'
    """
    kept = (c if c.isalnum() or c in "._" else " " for c in unicodedata.normalize("NFC", title))
    name = "-".join("".join(kept).split())[:_MAX_TITLE].strip(".-")
    if name.split(".")[0].lower() in _DEVICES:
        return f"_{name}"
    return name or "run"


def new_name(now: datetime | None = None) -> str:
    """The UTC time, to the millisecond, and four random digits: later runs sort after earlier."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    stamp = moment.strftime("%Y-%m-%dT%H-%M-%S")
    return f"{stamp}.{moment.microsecond // 1000:03d}-{secrets.token_hex(2)}"


def is_new_name(name: str) -> bool:
    """Whether a run was given the name by `new_name`, so that no other one has it."""
    return bool(_NEW_NAME.fullmatch(name))


def find_run(path: Path) -> Path:
    """The run folder that `path` is, or the newest run inside it (`runs/<title>`).

    `pretrained:NAME` is a run that comes with imagette. Raises UsageError, with the near miss,
    where there is none.
    """
    if is_pretrained(path):
        return _pretrained(str(path).removeprefix(PRETRAINED))
    if (path / MARKER).is_file():
        return path
    runs = _runs_in(path)
    if runs:
        return max(runs, key=lambda run: run.name)
    raise UsageError(f"{path} is not a run: no {MARKER} in it or just below. {_hint(path)}")


def is_pretrained(run: Path | str) -> bool:
    """Whether this names a run that comes with imagette.

    >>> is_pretrained("pretrained:vgg8_overfitted"), is_pretrained("runs/vgg8")
    (True, False)
    """
    return str(run).startswith(PRETRAINED)


def names_run(word: Path | str) -> bool:
    """Whether a word that may name a network, a file or a run is the name of a run.

    >>> names_run("pretrained:vgg8_overfitted"), names_run("vgg8.toml")
    (True, False)
    """
    return is_pretrained(word) or Path(word).is_dir()


def pretrained_folder() -> Path:
    """Where the runs lie that come with imagette, each in a folder of its name."""
    return Path(__file__).parents[1] / "pretrained"


def pretrained_names() -> tuple[str, ...]:
    """What may follow `pretrained:`, in order."""
    return tuple(sorted(run.name for run in _runs_in(pretrained_folder())))


def _pretrained(name: str) -> Path:
    known = pretrained_names()
    if name in known:
        return pretrained_folder() / name
    told = nearest(name[:_MAX_TITLE], known) if known else "This version brings none."
    raise UsageError(f"No pretrained run is called {short(name, 60)!r}. {told}")


def _runs_in(folder: Path) -> list[Path]:
    return [marker.parent for marker in folder.glob(f"*/{MARKER}") if marker.parent.name[0] != "."]


def _holds_runs(path: Path) -> bool:
    return (path / MARKER).is_file() or (path.is_dir() and bool(_runs_in(path)))


def _hint(path: Path) -> str:
    for parent in (path.parent, Path("runs")):
        beside = [p.name for p in parent.iterdir() if _holds_runs(p)] if parent.is_dir() else []
        if path.name in beside:
            return f"Did you mean '{parent / path.name}'?"
        if beside:
            return f"In {parent}: {nearest(path.name, beside)}"
    return "Name a folder that `imagette train` made, such as runs/<title>."
