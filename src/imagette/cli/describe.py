"""`imagette describe`."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from imagette.errors import UsageError, nearest
from imagette.network import cost_table, entry, named, names, parse, walk, widen
from imagette.network.tensors import Shape

CLASSES = 10


def describe(
    network: Annotated[
        list[str],
        typer.Argument(metavar="NETWORK", help="A named network, a text file, or - for stdin."),
    ],
    size: Annotated[
        str,
        typer.Option("--input", metavar="CxHxW", help="Of the pictures; a named network has one."),
    ] = "",
    classes: Annotated[int, typer.Option(help="How many classes.")] = CLASSES,
    arguments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An argument of a named network."),
    ] = None,
    width: Annotated[float, typer.Option(help="How many times as wide to make it.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Show every tensor, parameter and operation of a network.

    Example: imagette describe lenet_cifar --input 3x32x32 --set conv1=12
    """
    name, more = _split(network)
    shape = read_size(" ".join([size, *more]))
    path = Path(name)
    if name == "-" or path.exists() or name not in names():
        if arguments:
            raise UsageError(f"--set is for named networks. {name!r} is a text; edit it instead")
        described = widen(parse(_read(name)), width)
    else:
        described = named(name, width, **_read_arguments(arguments or []))
        shape = shape or entry(name).input_shape
    if not shape:
        raise UsageError(f"the pictures' size is not known for {name!r}; add --input 3x32x32")
    table = cost_table(walk(described, shape, classes))
    if as_json:
        print(json.dumps(table.as_json()))
        return
    from rich.console import Console

    from imagette.cli.tables import network_table

    network_table(table, Console(file=sys.stdout))


def read_size(text: str) -> Shape | None:
    """(C,H,W) from 1x28x28, 28x28 (grey), "(1, 1, 28, 28)" (a batch first); None from nothing.

    >>> read_size("28x28"), read_size("(1, 3, 32, 32)"), read_size("")
    ((1, 28, 28), (3, 32, 32), None)
    """
    if not text.strip():
        return None
    inner = text.strip().removeprefix("(").removesuffix(")")
    sides = [side.strip() for side in re.split(r"[x,]|(?<=\d)\s+(?=\d)", inner)]
    if not 2 <= len(sides) <= 4 or not all(re.fullmatch(r"[0-9]{1,9}", side) for side in sides):
        raise UsageError(f"--input must be 1x28x28, 28x28 or '1 1 28 28'. Got {text.strip()!r:.60}")
    return (1, *map(int, sides))[-3:]


def _split(words: list[str]) -> tuple[str, list[str]]:
    """The network, and the sizes that a shell hands over one by one in `--input 1 1 28 28`."""
    sizes = [word for word in words if word.isdecimal()]
    others = [word for word in words if not word.isdecimal()]
    if len(others) != 1:
        got = ", ".join(others) or "none"
        raise UsageError(f"describe takes one network. Got {got}; e.g. imagette describe lenet5")
    return others[0], sizes


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        known = nearest(name[:40], names())
        raise UsageError(f"no file and no network is called {name!r:.100}. {known}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name!r:.100} is no text file of a network: {error}") from None


def _read_arguments(settings: list[str]) -> dict[str, Any]:
    pairs = [setting.partition("=") for setting in settings]
    for key, sign, _ in pairs:
        if not sign:
            raise UsageError(f"--set takes key=value. Got {key!r:.60}; e.g. --set conv1=12")
    return {key: _literal(value) for key, _, value in pairs}


def _literal(text: str) -> Any:
    """12, 0.5 and true as such; anything else is a word."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
