"""`imagette describe`."""

import json
from typing import Annotated

import typer

from imagette.cli.networks import Arguments, Classes, Found, Size, Width, find_network, walked
from imagette.cli.trust import Trust
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
    as_latex: Annotated[
        bool, typer.Option("--latex", help="Print the table of Fn, Xn and Wn as LaTeX.")
    ] = False,
    trust: Trust = False,
) -> None:
    """Show every tensor, parameter and operation of a network.

    Example: imagette describe lenet_cifar --input 3x32x32 --set conv1=12
    """
    if as_json and as_latex:
        raise UsageError("--json and --latex: give one of them.")
    show = _print_json if as_json else _print_latex if as_latex else _show
    name, more = _split(network)
    found = find_network(name, arguments or [], own_code=True, trust=trust)
    if found.network is None:
        show(cost_table(_traced(found, width)))
        return
    size = " ".join([size, *more])
    show(cost_table(walked(found, name, size, classes, width)))


def _print_json(table: CostTable) -> None:
    print(json.dumps(table.as_json()))


def _print_latex(table: CostTable) -> None:
    from imagette.report.latex import network_latex

    print(network_latex(table.as_json()), end="")


def _show(table: CostTable) -> None:
    from imagette.cli.console import Output
    from imagette.cli.tables import network_table

    network_table(table, Output())


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
