"""`imagette profile`: how fast a network runs here, and where the time goes."""

import json
from collections.abc import Iterator, Sequence
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
from imagette.run.profile import NodeTime, Profile, Rate, profile as measure

WIDTH = 80
PATH_WIDTH = 29  # a longer path keeps its end


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
    if found.network is None:
        raise UsageError(f"profile takes networks of the language. {network!r} is other code.")
    graph = walked(found, network, size, classes, width)
    measured = measure(graph, spec, batch=batch, seconds=seconds)
    if as_json:
        print(json.dumps({"network": network, **measured.as_json()}))
    else:
        print("\n".join(_lines(network, graph, measured)))


def _engine(**asked: Any) -> EngineSpec:
    try:
        return EngineSpec.model_validate(asked)
    except ValidationError as error:
        raise UsageError(describe_problems(error, EngineSpec, "profile")) from None


def _lines(name: str, graph: Graph, found: Profile) -> Iterator[str]:
    shape = shape_text(graph.input_shape)
    yield from _item("profile", f"{name}, {found.parameters:,} parameters, pictures {shape}")
    yield from _item("engine", f"{found.device}; batches of {found.batch:,}")
    for decision in found.decisions:
        yield from _item("decided", decision_text(decision))
    for note in found.notes:
        yield from _item("note", note)
    peaks = (f"{rate:,.0f} GFLOP/s in {kind}" for kind, rate in found.peaks.items())
    yield from _item(
        "peak", f"{', '.join(peaks)}: a 3x3 convolution of 128 channels, forward and backward"
    )
    yield from _item("training", _rate(found.training, found.precision))
    yield from _item("inference", _rate(found.inference, "float32"))
    yield f"step       {1000 * found.step_seconds:.4g} ms"
    if found.nodes is None:
        yield from _item("nodes", "not told apart: this engine runs a step as one program")
        return
    yield ""
    yield from _table(found.nodes, found)
    yield ""
    yield from _item(
        "method",
        "the clock is read around every node, and around every function of its backward pass; "
        f"{100 * (found.overhead or 0):+.1f} % on a step. GFLOP/s count multiplications and "
        "additions, both gradients of convolutions and linears, no other backward work",
    )


def _rate(rate: Rate, precision: str) -> str:
    share = f"{100 * rate.share:.0f} % of the peak in {precision}"
    return f"{rate.images_per_second:,.0f} images/s, {rate.gflops:,.3g} GFLOP/s, {share}"


def _table(nodes: Sequence[NodeTime], found: Profile) -> Iterator[str]:
    """The nodes in order, and a last row for what is in none."""
    heads = ("output", "forward", "backward", "share", "GFLOP/s")
    yield _row("milliseconds of a step", heads)
    whole = found.watched_seconds or 1.0
    for node in nodes:
        yield _row(_short(f"F{node.index} {node.path}"), _cells(node, whole, found.batch))
    elsewhere = found.elsewhere or 0.0
    name = "images, loss, optimiser, autograd"
    share = f"{100 * elsewhere / whole:.1f} %"
    yield f"  {name:<{PATH_WIDTH + 13}}{1000 * elsewhere:>20.3f}{share:>8}"


def _cells(node: NodeTime, whole: float, batch: int) -> tuple[str, ...]:
    share = f"{100 * node.seconds / whole:.1f} %"
    gflops = node.operations * batch / node.seconds / 1e9 if node.seconds else 0.0
    times = (f"{1000 * time:.3f}" for time in (node.forward_seconds, node.backward_seconds))
    return (shape_text(node.output_shape), *times, share, f"{gflops:,.1f}" if gflops else "")


def _row(first: str, cells: Sequence[str]) -> str:
    output, *numbers = cells
    widths = (9, 10, 8, 9)
    texts = (text.rjust(width) for text, width in zip(numbers, widths, strict=True))
    return f"  {first:<{PATH_WIDTH}}{output:>13}{''.join(texts)}".rstrip()


def _short(text: str) -> str:
    return text if len(text) <= PATH_WIDTH else f"{text[:8]}..{text[-(PATH_WIDTH - 10) :]}"


def _item(name: str, text: str) -> list[str]:
    return wrap(f"{name:<10} {text}", WIDTH, subsequent_indent=" " * 11)
