"""`imagette profile`: how fast a network runs here, and where the time goes."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from shutil import get_terminal_size
from textwrap import wrap
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from imagette.cli.beginning import decision_text
from imagette.cli.networks import Arguments, Classes, Size, Width, find_network, walked
from imagette.engines.protocol import EngineSpec
from imagette.errors import UsageError
from imagette.network.graph import Graph
from imagette.network.tensors import shape_text
from imagette.problems import describe_problems
from imagette.run.choice import milliseconds
from imagette.run.profile import NodeTime, Profile, Rate, profile as measure

WIDTH = 80  # and more on a wider terminal, for whole paths
PATH_WIDTH = 29  # of a table that wide; a longer path keeps its end


def profile(
    network: Annotated[
        str,
        typer.Argument(help="A named network, a text file, an experiment, or a run's folder."),
    ],
    size: Size = "",
    classes: Classes = None,
    arguments: Arguments = None,
    width: Width = 1.0,
    engine: Annotated[str, typer.Option(help="torch or jax.")] = "torch",
    precision: Annotated[
        str, typer.Option(help="float32; on torch also bfloat16, or auto: the faster one.")
    ] = "float32",
    threads: Annotated[
        str | None, typer.Option(help="How many, or auto; if not given, by the size of the batch.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="How many pictures a step takes.")] = 128,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="How long to measure each figure.")
    ] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON.")] = False,
) -> None:
    """Measure a network's speed, its share of this machine's peak, and the time of every node.

    Pictures are random, nothing is kept.

    Example: imagette profile resnet20 --batch 128 --precision bfloat16
    """
    number = int(threads) if threads and threads.isdecimal() else threads
    spec = _engine(name=engine, precision=precision, threads=number)
    found = find_network(network, arguments or [])
    graph = walked(found, network, size, classes, width)
    measured = measure(graph, spec, batch=batch, seconds=seconds)
    if as_json:
        print(json.dumps({"network": network, **measured.as_json()}))
    else:
        print("\n".join(_lines(network, graph, measured, _width())))


def _engine(**asked: Any) -> EngineSpec:
    try:
        return EngineSpec.model_validate(asked)
    except ValidationError as error:
        raise UsageError(describe_problems(error, EngineSpec, "profile")) from None


def _width() -> int:
    return max(WIDTH, get_terminal_size().columns) if sys.stdout.isatty() else WIDTH


def _lines(name: str, graph: Graph, found: Profile, width: int) -> Iterator[str]:
    shape = shape_text(graph.input_shape)
    item = partial(_item, width=width)
    yield from item("profile", f"{name}, {found.parameters:,} parameters, pictures {shape}")
    yield from item("engine", f"{found.device}; batches of {found.batch:,}")
    for decision in found.decisions:
        yield from item("decided", decision_text(decision))
    for note in found.notes:
        yield from item("note", note)
    peaks = (f"{rate:,.0f} GFLOP/s in {kind}" for kind, rate in found.peaks.items())
    yield from item(
        "peak", f"{', '.join(peaks)}: a 3x3 convolution of 128 channels, forward and backward"
    )
    yield from item("training", _rate(found.training, found.precision))
    yield from item("inference", _rate(found.inference, "float32"))
    yield f"step       {milliseconds(found.step_seconds)}"
    if found.nodes is None:
        yield from item("nodes", "not told apart: this engine runs a step as one program")
        return
    yield ""
    yield from _table(found.nodes, found, PATH_WIDTH + width - WIDTH)
    yield ""
    yield from item("kinds", _kinds(graph, found.nodes, found.watched_seconds or 1.0))
    yield from item(
        "method",
        "the clock is read around every node, and around every function of its backward pass; "
        f"{100 * (found.overhead or 0):+.1f} % on a step. GFLOP/s count multiplications and "
        "additions, both gradients of convolutions and linears, no other backward work",
    )


def _rate(rate: Rate, precision: str) -> str:
    share = f"{100 * rate.share:.0f} % of the peak in {precision}"
    return f"{rate.images_per_second:,.0f} images/s, {rate.gflops:,.3g} GFLOP/s, {share}"


def _kinds(graph: Graph, nodes: Sequence[NodeTime], whole: float) -> str:
    """The share of a step that each kind of node takes, the largest first."""
    seconds: dict[str, float] = defaultdict(float)
    functions = {node.index: node.function for node in graph.nodes}
    for node in nodes:
        seconds[functions[node.index]] += node.seconds
    ordered = sorted(seconds.items(), key=lambda pair: pair[1], reverse=True)
    return ", ".join(f"{kind} {100 * spent / whole:.1f} %" for kind, spent in ordered)


def _table(nodes: Sequence[NodeTime], found: Profile, room: int) -> Iterator[str]:
    """The nodes in order, and a last row for what is in none; paths have `room` at most."""
    heads = ("output", "forward", "backward", "share", "GFLOP/s")
    names = [f"F{node.index} {node.path}" for node in nodes]
    room = min(room, max(PATH_WIDTH, *map(len, names)))
    yield _row("milliseconds of a step", heads, room)
    whole = found.watched_seconds or 1.0
    for text, node in zip(names, nodes, strict=True):
        yield _row(_short(text, room), _cells(node, whole, found.batch), room)
    elsewhere = found.elsewhere or 0.0
    name = "images, loss, optimiser, autograd"
    share = f"{100 * elsewhere / whole:.1f} %"
    yield f"  {name:<{room + 13}}{1000 * elsewhere:>20.3f}{share:>8}"


def _cells(node: NodeTime, whole: float, batch: int) -> tuple[str, ...]:
    share = f"{100 * node.seconds / whole:.1f} %"
    gflops = node.operations * batch / node.seconds / 1e9 if node.seconds else 0.0
    times = (f"{1000 * time:.3f}" for time in (node.forward_seconds, node.backward_seconds))
    return (shape_text(node.output_shape), *times, share, f"{gflops:,.1f}" if gflops else "")


def _row(first: str, cells: Sequence[str], room: int) -> str:
    output, *numbers = cells
    widths = (9, 10, 8, 9)
    texts = (text.rjust(width) for text, width in zip(numbers, widths, strict=True))
    return f"  {first:<{room}}{output:>13}{''.join(texts)}".rstrip()


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[:8]}..{text[-(room - 10) :]}"


def _item(name: str, text: str, width: int) -> list[str]:
    return wrap(f"{name:<10} {text}", width, subsequent_indent=" " * 11)
