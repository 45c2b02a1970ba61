"""A network as commands take it: a path, a name of the catalogue, an experiment or a run."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagette.errors import UsageError, nearest
from imagette.network import Graph, Network, entry, named, names, parse, walk, widen
from imagette.network.tensors import Shape
from imagette.settings import read_setting
from imagette.store.naming import names_run

if TYPE_CHECKING:
    from imagette.store.folder import RunFolder

CLASSES = 10

# How a command is told which network, alike in all.
Size = Annotated[
    str,
    typer.Option("--input", metavar="CxHxW", help="Of the pictures; a named network has one."),
]
Classes = Annotated[int | None, typer.Option(help=f"How many classes; {CLASSES} if nothing says.")]
Arguments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="An argument of a named network."),
]
Width = Annotated[float, typer.Option(help="How many times as wide to make it.")]


@dataclass(frozen=True)
class Found:
    """A network, and what is known of the pictures it is for; code of one's own is traced."""

    network: Network | None
    input_shape: Shape | None = None
    classes: int | None = None
    graph: Graph | None = None


def find_network(
    name: str, arguments: list[str], *, own_code: bool = False, trust: bool = False
) -> Found:
    """A path first, then a named network, then a shipped experiment.

    Networks that are code of one's own are refused, and nothing of them is run, unless `own_code`;
    those of a run from elsewhere, unless `trust` is given too.
    """
    path = Path(name)
    if not path.exists() and name in names():
        return Found(
            named(name, **dict(read_setting(text, "conv1=12") for text in arguments)),
            entry(name).input_shape,
        )
    is_run = names_run(name)
    if name != "-" and not is_run and (not path.exists() or path.suffix in (".toml", ".json")):
        return _of_experiment(name, arguments, own_code)
    if arguments:
        raise UsageError(
            f"--set is for named networks and experiments. Got {name!r}; edit it instead"
        )
    return _of_run(path, own_code, trust) if is_run else Found(parse(_read(name)))


def _of_run(path: Path, own_code: bool, trust: bool) -> Found:
    from imagette.run.evaluate import experiment_of
    from imagette.store.damage import naming_damage
    from imagette.store.folder import RunFolder

    folder = RunFolder.open(path)
    pointer = experiment_of(folder).network.python
    if pointer:
        _refuse_code(str(path), pointer, own_code)
        return _of_code_in_run(folder, trust)
    with naming_damage(folder.path):
        nodes = folder.cost()["nodes"]
        (classes,) = nodes[-1]["output_shape"]
        return Found(parse(folder.network_text()), tuple(nodes[0]["input_shapes"][0]), classes)


def _refuse_code(name: str, pointer: str, own_code: bool) -> None:
    if not own_code:
        raise UsageError(
            f"This command takes networks of the language. {name!r} is other code, {pointer!r}: "
            "imagette describe shows it."
        )


def _of_code_in_run(folder: "RunFolder", trust: bool) -> Found:
    from imagette.run.evaluate import trusted_experiment
    from imagette.run.own import own_of
    from imagette.run.prepare import settled

    experiment, card = trusted_experiment(folder, trust), folder.load("last").card
    own = own_of(experiment, card.input_shape, folder.source)
    graph, _ = settled(experiment, card.input_shape, len(card.class_names), own)
    return Found(None, graph=graph)


def _of_experiment(name: str, settings: list[str], own_code: bool) -> Found:
    from imagette.data.dataset import open_data
    from imagette.experiment import find, load, network_of, shipped

    if not Path(name).exists() and name not in shipped():
        known = nearest(name[:40], {*names(), *shipped()})
        raise UsageError(f"no file, network or experiment is called {name!r:.100}. {known}")
    experiment = load(name, settings)
    if experiment.network.python:
        _refuse_code(name, experiment.network.python, own_code)
    base = find(name).parent
    dataset = open_data(experiment.data, base=base)
    classes = len(dataset.class_names)
    if experiment.network.python:
        from imagette.run.own import own_of
        from imagette.run.prepare import settled

        own = own_of(experiment, dataset.input_shape, base)
        return Found(None, graph=settled(experiment, dataset.input_shape, classes, own)[0])
    return Found(network_of(experiment.network), dataset.input_shape, classes)


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


def walked(found: Found, name: str, size: str, classes: int | None, width: float) -> Graph:
    """The graph of a network of the language; what was found with it fills what is not asked."""
    assert found.network is not None, "code of one's own is traced, not walked"
    shape = read_size(size) or found.input_shape
    if not shape:
        raise UsageError(f"the pictures' size is not known for {name!r}; add --input 3x32x32")
    number = next(n for n in (classes, found.classes, CLASSES) if n is not None)
    return walk(widen(found.network, width), shape, number)


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name!r:.100} is no text file of a network: {error}") from None
