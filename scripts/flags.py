"""Makes tests/flags.txt: every command, argument and option of the command line.

    python scripts/flags.py            writes it
    python scripts/flags.py --check    exits 1, showing the difference, if it is out of date

Flags are few, and a new one is a decision: it shows as a line of this list in the change.
"""

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from imagette.cli.main import COMMANDS, application

PATH = Path(__file__).resolve().parents[1] / "tests" / "flags.txt"


def listing() -> str:
    """One line a command, argument or option, in alphabetical order."""
    command = typer.main.get_command(application(list(COMMANDS)))
    return "".join(f"{line}\n" for line in sorted(_lines("imagette", command)))


def _lines(path: str, command: Any) -> Iterator[str]:  # typer keeps the type of commands private
    yield path
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            yield f"{path} {str(parameter.name).upper()}"
        else:
            yield f"{path} {' '.join([*parameter.opts, *parameter.secondary_opts])}"
    for name, inner in getattr(command, "commands", {}).items():
        yield from _lines(f"{path} {name}", inner)


def main(arguments: list[str]) -> int:
    made = listing()
    if arguments != ["--check"]:
        PATH.write_text(made, encoding="utf-8")
        return 0
    frozen = PATH.read_text(encoding="utf-8") if PATH.exists() else ""
    changes = difflib.unified_diff(frozen.splitlines(), made.splitlines(), lineterm="", n=0)
    changed = [line for line in changes if not line.startswith(("---", "+++", "@@"))]
    if changed:
        print("The command line has changed. If it should: 'make flags'.", *changed, sep="\n")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
