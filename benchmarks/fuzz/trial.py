"""One input read under guard, and what came of it in a word."""

import shutil
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fuzz.files import Files, write_files
from benchmarks.fuzz.guard import Guard, Hung, forget_the_peak, resident_bytes
from benchmarks.fuzz.kind import Kind

from imagette.errors import ImagetteError

LONGEST = 3000
"""Characters of a message that a person may still read."""

VALUE, REFUSED = "value", "refused"


@dataclass(frozen=True)
class Came:
    """`word` is "value", "refused" or what the surprise is; `told` says more of it."""

    word: str
    told: str = ""
    peak_bytes: int = 0

    @property
    def is_surprise(self) -> bool:
        return self.word not in (VALUE, REFUSED)


def try_input(kind: Kind, files: Files, folder: Path, guard: Guard) -> Came:
    """Lay the files out in `folder`, read them, and say what came."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_files(folder, files)
    forget_the_peak()
    before = resident_bytes("VmRSS")
    came = _read(kind, folder, guard)
    if guard.seen:
        came = Came("touched what is not its own", "; ".join(guard.seen[:3]))
    return Came(came.word, came.told, max(0, resident_bytes("VmHWM") - before))


def _read(kind: Kind, folder: Path, guard: Guard) -> Came:
    try:
        with guard.over_one_input():
            value = kind.read(folder)
    except ImagetteError as error:
        problem = unclear(str(error), _named(kind, folder))
        return Came("unclear message", f"{problem}: {error!r:.300}") if problem else Came(REFUSED)
    except Hung:
        return Came("hang", traceback.format_exc(limit=-4))
    except MemoryError:
        return Came("memory", traceback.format_exc(limit=-4))
    except BaseException as error:  # a panic of a library is no Exception
        return Came(type(error).__name__, traceback.format_exc(limit=-6))
    return Came(VALUE) if kind.right(value, folder) else Came("wrong value", f"{value!r:.300}")


def _named(kind: Kind, folder: Path) -> list[str]:
    """What a refusal may name: the folder, a file in it, or what the kind says."""
    if kind.names is not None:
        return [kind.names]
    return [folder.name, *(path.name for path in folder.rglob("*"))]


def unclear(message: str, names: Collection[str]) -> str | None:
    """What is wrong with a message, or None: it has one of the names, and is plain lines of text.

    >>> unclear("'x.toml' has 2 problems:" + chr(10) + "  one", [""])
    >>> unclear("no file", ["a.npz"])
    'names no file'
    """
    if len(message) > LONGEST:
        return f"{len(message)} characters"
    first, *others = message.split("\n")
    if not message.replace("\n", "").isprintable():
        return "not printable"
    if any(not line.startswith("  ") for line in others):
        return "several lines"
    if not any(name in first for name in names):
        return "names no file"
    return None
