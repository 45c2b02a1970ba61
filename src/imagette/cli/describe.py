"""`imagette describe`."""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagette.errors import UsageError, nearest
from imagette.network import Graph, Network, cost_table, entry, named, names, parse, walk, widen
from imagette.network.table import CostTable
from imagette.network.tensors import Shape
from imagette.settings import read_setting

if TYPE_CHECKING:
    from imagette.store.folder import RunFolder

CLASSES = 10


def describe(
    network: Annotated[
        list[str],
        typer.Argument(
            metavar="NETWORK",
            help="A named network, a text file (- is stdin), an experiment, or a run's folder.",
        ),
    ],
    size: Annotated[
        str,
        typer.Option("--input", metavar="CxHxW", help="Of the pictures; a named network has one."),
    ] = "",
    classes: Annotated[
        int | None, typer.Option(help=f"How many classes; {CLASSES} if nothing says.")
    ] = None,
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
    found = _find(name, arguments or [])
    if found.network is None:
        _show(cost_table(_traced(found, width)), as_json)
        return
    shape = read_size(" ".join([size, *more])) or found.input_shape
    if not shape:
        raise UsageError(f"the pictures' size is not known for {name!r}; add --input 3x32x32")
    number = next(n for n in (classes, found.classes, CLASSES) if n is not None)
    table = cost_table(walk(widen(found.network, width), shape, number))
    _show(table, as_json)


def _show(table: CostTable, as_json: bool) -> None:
    if as_json:
        print(json.dumps(table.as_json()))
        return
    from rich.console import Console

    from imagette.cli.tables import network_table

    network_table(table, Console(file=sys.stdout))


@dataclass(frozen=True)
class _Found:
    """A network, and what is known of the pictures it is for; code of one's own is traced."""

    network: Network | None
    input_shape: Shape | None = None
    classes: int | None = None
    graph: Graph | None = None


def _find(name: str, arguments: list[str]) -> _Found:
    """A path first, then a named network, then a shipped experiment."""
    path = Path(name)
    if not path.exists() and name in names():
        return _Found(
            named(name, **dict(read_setting(text, "conv1=12") for text in arguments)),
            entry(name).input_shape,
        )
    if (
        name != "-"
        and not path.is_dir()
        and (not path.exists() or path.suffix in (".toml", ".json"))
    ):
        return _of_experiment(name, arguments)
    if arguments:
        raise UsageError(
            f"--set is for named networks and experiments. Got {name!r}; edit it instead"
        )
    return _of_run(path) if path.is_dir() else _Found(parse(_read(name)))


def _of_run(path: Path) -> _Found:
    from imagette.store.folder import RunFolder

    folder = RunFolder.open(path)
    if folder.resolved().get("network", {}).get("python"):
        return _of_code_in_run(folder)
    nodes = folder.cost()["nodes"]
    (classes,) = nodes[-1]["output_shape"]
    return _Found(parse(folder.network_text()), tuple(nodes[0]["input_shapes"][0]), classes)


def _of_code_in_run(folder: "RunFolder") -> _Found:
    from imagette.run.evaluate import trusted_experiment
    from imagette.run.own import own_of
    from imagette.run.prepare import settled

    experiment, card = trusted_experiment(folder, trust=False), folder.load("last").card
    own = own_of(experiment, card.input_shape, folder.source)
    graph, _ = settled(experiment, card.input_shape, len(card.class_names), own)
    return _Found(None, graph=graph)


def _traced(found: _Found, width: float) -> Graph:
    assert found.graph is not None, "what has no network of the language was traced"
    if width != 1:
        raise UsageError("--width widens networks of the language; give args to code of your own")
    return found.graph


def _of_experiment(name: str, settings: list[str]) -> _Found:
    from imagette.data.dataset import open_data
    from imagette.experiment import find, load, network_of, shipped

    if not Path(name).exists() and name not in shipped():
        known = nearest(name[:40], {*names(), *shipped()})
        raise UsageError(f"no file, network or experiment is called {name!r:.100}. {known}")
    experiment = load(name, settings)
    base = find(name).parent
    dataset = open_data(experiment.data, base=base)
    classes = len(dataset.class_names)
    if experiment.network.python:
        from imagette.run.own import own_of
        from imagette.run.prepare import settled

        own = own_of(experiment, dataset.input_shape, base)
        return _Found(None, graph=settled(experiment, dataset.input_shape, classes, own)[0])
    return _Found(network_of(experiment.network), dataset.input_shape, classes)


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
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name!r:.100} is no text file of a network: {error}") from None
