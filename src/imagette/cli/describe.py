"""`imagette describe`."""

import json
import sys
from typing import Annotated

import typer

from imagette.cli.networks import Arguments, Classes, Found, Size, Width, find_network, walked
from imagette.errors import UsageError
from imagette.network import Graph, cost_table
from imagette.network.table import CostTable


def describe(
    network: Annotated[
        list[str],
        typer.Argument(
            metavar="NETWORK",
            help="A named network, a text file (- is stdin), an experiment, or a run's folder.",
        ),
    ],
    size: Size = "",
    classes: Classes = None,
    arguments: Arguments = None,
    width: Width = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Show every tensor, parameter and operation of a network.

    Example: imagette describe lenet_cifar --input 3x32x32 --set conv1=12
    """
    name, more = _split(network)
    found = find_network(name, arguments or [])
    if found.network is None:
        _show(cost_table(_traced(found, width)), as_json)
        return
    size = " ".join([size, *more])
    _show(cost_table(walked(found, name, size, classes, width)), as_json)


def _show(table: CostTable, as_json: bool) -> None:
    if as_json:
        print(json.dumps(table.as_json()))
        return
    from rich.console import Console

    from imagette.cli.tables import network_table

    network_table(table, Console(file=sys.stdout))


def _traced(found: Found, width: float) -> Graph:
    assert found.graph is not None, "what has no network of the language was traced"
    if width != 1:
        raise UsageError("--width widens networks of the language; give args to code of your own")
    return found.graph


def _split(words: list[str]) -> tuple[str, list[str]]:
    """The network, and the sizes that a shell hands over one by one in `--input 1 1 28 28`."""
    sizes = [word for word in words if word.isdecimal()]
    others = [word for word in words if not word.isdecimal()]
    if len(others) != 1:
        got = ", ".join(others) or "none"
        raise UsageError(f"describe takes one network. Got {got}; e.g. imagette describe lenet5")
    return others[0], sizes
