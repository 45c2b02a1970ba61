"""`imagette dissect`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from imagette.cli.console import Output
from imagette.cli.networks import Arguments, Classes, Size, Width, find_network, walked
from imagette.cli.thumbnail import shows_pictures, thumbnail
from imagette.cli.train import DataDir
from imagette.cli.trained import SplitChoice, WhichChoice
from imagette.cli.trust import Trust
from imagette.errors import UsageError
from imagette.experiment import find, load
from imagette.network import names
from imagette.network.tensors import shape_text
from imagette.run.by_hand import Place, Tap, Worked
from imagette.run.dissect import (
    EXCERPT,
    Dissection,
    Subject,
    Tensor,
    dissect as dissected,
    experiment_subject,
    network_subject,
    run_subject,
)
from imagette.store.naming import names_run

MOST_TAPS = 30  # more are in --json
NAME_WIDTH = 17  # a longer path keeps its end


def dissect(
    network: Annotated[
        str,
        typer.Argument(help="A run's folder, a named network, a text file, or an experiment."),
    ],
    image: Annotated[int, typer.Option(help="Which image of the split, from 0.")] = 0,
    layer: Annotated[
        str | None, typer.Option(help="Work out one number of its output by hand.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="CHANNEL,ROW,COLUMN", help="Which; FEATURE after flatten."),
    ] = None,
    split: Annotated[SplitChoice, typer.Option(help="Which images.")] = SplitChoice.validation,
    open_test: Annotated[
        bool, typer.Option("--open-test", help="Open the sealed test set; this is recorded.")
    ] = False,
    weights: Annotated[WhichChoice, typer.Option(help="Which checkpoint.")] = WhichChoice.last,
    size: Size = "",
    classes: Classes = None,
    arguments: Arguments = None,
    width: Width = 1.0,
    data_dir: DataDir = None,
    trust: Trust = False,
    engine: Annotated[str | None, typer.Option(help="torch or jax.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all values as JSON.")] = False,
) -> None:
    """Show the values of every tensor for one image, and work one of them out by hand.

    A network alone has its first weights, and is shown the pictures that come with imagette.

    Example: imagette dissect runs/first_light --image 7 --layer conv1 --at 0,12,12
    """
    place = _place(at, layer)
    if names_run(network):
        subject = run_subject(
            network,
            split.value,
            open_test_set=open_test,
            which=weights.value,
            data_dir=data_dir,
            trust=trust,
            engine=engine,
            layer=layer,
            at=place,
        )
    elif _is_experiment(network):
        subject = _of_experiment(network, arguments or [], split, data_dir, engine)
    else:
        _refuse_of_a_run(split, open_test, weights)
        found = find_network(network, arguments or [])
        subject = network_subject(walked(found, network, size, classes, width), engine=engine)
    found_values = dissected(subject, image, layer, place)
    if as_json:
        print(json.dumps(found_values.as_json(), ensure_ascii=False))
        return
    _print(found_values, subject, Output())


def _of_experiment(
    name: str, settings: list[str], split: SplitChoice, data_dir: Path | None, engine: str | None
) -> Subject:
    experiment, base = load(name, settings), find(name).parent
    return experiment_subject(experiment, split.value, data_dir=data_dir, base=base, engine=engine)


def _refuse_of_a_run(split: SplitChoice, open_test: bool, weights: WhichChoice) -> None:
    if split != SplitChoice.validation or open_test or weights != WhichChoice.last:
        raise UsageError(
            "--split, --open-test and --weights are of a run: a network alone is shown the "
            "validation images that come with imagette, with its first weights. Leave them out."
        )


def _is_experiment(name: str) -> bool:
    path = Path(name)
    if path.exists():
        return path.suffix in (".toml", ".json")
    return name != "-" and name not in names()


def _place(text: str | None, layer: str | None) -> Place | None:
    if text is None:
        return None
    if layer is None:
        raise UsageError("--at is a place in the output of --layer: give that too.")
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--at must be whole numbers such as 0,12,12. Got {text!r:.60}") from None


def _print(found: Dissection, subject: Subject, console: Console) -> None:
    def say(text: str) -> None:
        console.print(escape(text), highlight=False, soft_wrap=not console.is_terminal)

    for note in found.notes:
        say(f"note     {note}")
    label = f": {found.label}, taken for {found.predicted}" if found.label else ""
    say(f"image    {found.index} of the {found.of}{label}")
    say(f"engine   {subject.model.device}")
    if shows_pictures(console) and found.image.shape[1] <= console.width - 2:
        for line in thumbnail(found.image):
            console.print("  ", line, sep="", no_wrap=True)
    say("")
    for text in _table(found.tensors):
        say(text)
    if found.worked and found.computed is not None:
        say("")
        for text in _by_hand(found.worked, found.computed):
            say(text)


def _table(tensors: tuple[Tensor, ...]) -> Iterator[str]:
    names = [f"X{tensor.number} {tensor.path}" for tensor in tensors]
    wide = min(NAME_WIDTH, max(map(len, names)))
    heads = f"{'shape':>9} {'min':>8} {'max':>8} {'mean':>8}"
    yield f"{'':<{wide}} {heads}  {EXCERPT} in the middle"
    for tensor in tensors:
        values, name = tensor.values, f"X{tensor.number} {tensor.path}"
        shown = name if len(name) <= wide else f"{name[:8]}..{name[-(wide - 10) :]}"
        three = (values.min(), values.max(), values.mean(dtype="float64"))
        excerpt = " ".join(f"{value:.3g}" for value in tensor.excerpt[1])
        numbers = " ".join(f"{value:>8.4g}" for value in three)
        yield f"{shown:<{wide}} {shape_text(values.shape):>9} {numbers}  {excerpt}"


def _by_hand(worked: Worked, computed: float) -> Iterator[str]:
    yield f"by hand  {worked.path} at {','.join(map(str, worked.at))}: {worked.rule}"
    for tap in worked.taps[:MOST_TAPS]:
        yield f"  {_tap(tap)}"
    if len(worked.taps) > MOST_TAPS:
        yield f"  ... and {len(worked.taps) - MOST_TAPS:,} more (all are in --json)"
    for step in worked.steps:
        yield f"  {step.words:<48} {step.value:>14.7g}"
    away = abs(worked.value - computed)
    yield f"  {'the engine has':<48} {computed:>14.7g}   ({away:.1g} apart)"


def _tap(tap: Tap) -> str:
    if tap.weight is None:
        return f"{tap.read:<16} {tap.value:>11.5g}"
    product = f"{tap.value:>11.5g} * {tap.weight:>11.5g} = {tap.product:>11.5g}"
    return f"{tap.read:<16} {product}  {tap.weight_at}"
