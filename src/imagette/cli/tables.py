"""The cost table of a network as text: one row a node, in one line each where there is room."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from imagette.network.cost import KINDS, OPERATIONS, Cost
from imagette.network.graph import HyperParameter, Node
from imagette.network.table import CostTable
from imagette.network.tensors import shape_text
from imagette.network.text import statement

"""The kinds that the courses count; another has a column only where it occurs."""

SHORT = dict(zip(KINDS, ("mul", "add", "max", "div", "trans", "comp"), strict=True))

CONVENTION = """\
Counted per image: taps include padding; a bias is 1 addition, ReLU 1 maximum,
a pool of k is k - 1; backward: as much again per gradient of conv and linear."""


def network_table(table: CostTable, console: Console) -> None:
    """Prints every function Fn, tensor Xn and weight Wn with its size and cost, and the totals."""
    wide = _wide(table)
    unlimited = console.options.update(width=10_000)
    fits = Measurement.get(console, unlimited, wide).maximum <= console.width
    console.print(wide if fits else _narrow(table), highlight=False)
    for line in ["", *_totals(table), "", *CONVENTION.splitlines()]:
        console.print(line, highlight=False, soft_wrap=True)


def _wide(table: CostTable) -> Table:
    kinds = [kind for kind in KINDS if kind in OPERATIONS or getattr(table.cost, kind)]
    grid = _grid("Fn", "path", "function", "tensors", "Wn")
    for kind in ("parameters", *kinds):
        grid.add_column(kind, justify="right", no_wrap=True)
    for node in table.nodes:
        tensors = f"{', '.join(_inputs(node))} -> {_output(node)}"
        known = [f"{getattr(node.cost, kind):,}" for kind in kinds]
        counts = ["uncounted"] * len(kinds) if node.uncounted else known
        grid.add_row(
            *(f"F{node.index}", node.path, _function(node), tensors, _weights(node)),
            *(f"{node.parameters:,}", *counts),
        )
    totals = [f"{getattr(table.cost, kind):,}" for kind in kinds]
    grid.add_row("", "total", "", "", "", f"{table.parameters:,}", *totals, style="bold")
    return grid


def _narrow(table: CostTable) -> Table:
    grid = _grid("Fn", "path\nfunction", "tensors", "Wn")
    grid.add_column("parameters", justify="right", no_wrap=True)
    grid.add_column("operations", justify="right", no_wrap=True)
    for node in table.nodes:
        grid.add_row(
            f"F{node.index}",
            f"{node.path}\n{_function(node)}",
            "\n".join([*_inputs(node), _output(node)]),
            _weights(node).replace(" + ", "\n"),
            f"{node.parameters:,}",
            "uncounted" if node.uncounted else _stacked(node.cost),
        )
    total = _stacked(table.cost, OPERATIONS)
    grid.add_row("", "total", "", "", f"{table.parameters:,}", total, style="bold")
    return grid


def _grid(*headings: str) -> Table:
    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for heading in headings:
        grid.add_column(heading, overflow="fold", no_wrap=heading in ("Fn", "tensors"))
    return grid


def _function(node: Node) -> str:
    """The layer's line without its name, which the path tells; of other code what it amounts to."""
    if node.function != node.layer.word:
        values = (f"{key}={_value(value)}" for key, value in node.hyper_parameters.items())
        return " ".join([node.function, *values])
    line = statement(node.layer)
    return line.removesuffix(f" name={node.layer.name}") if node.layer.name else line


def _value(value: HyperParameter) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _inputs(node: Node) -> list[str]:
    pairs = zip(node.inputs, node.input_shapes, strict=True)
    return [f"X{number} {shape_text(shape)}" for number, shape in pairs]


def _output(node: Node) -> str:
    return f"X{node.output} {shape_text(node.output_shape)}"


def _weights(node: Node) -> str:
    """Sizes joined by +, those that the optimiser does not move in brackets."""
    trainable = [shape_text(weight.shape) for weight in node.weights if weight.trainable]
    others = [shape_text(weight.shape) for weight in node.weights if not weight.trainable]
    return " + ".join([*trainable, *([f"({', '.join(others)})"] if others else [])]) or "none"


def _stacked(cost: Cost, always: tuple[str, ...] = ()) -> str:
    counts = {kind: getattr(cost, kind) for kind in KINDS}
    shown = [f"{n:,} {SHORT[kind]}" for kind, n in counts.items() if n or kind in always]
    return "\n".join(shown) or "0"


def _totals(table: CostTable) -> list[str]:
    brackets = " (in brackets)" if table.non_trainable else ""
    lines = [
        f"parameters  {table.parameters:,} trainable, "
        f"{table.non_trainable:,} non-trainable{brackets}",
        f"forward     {_sum(table.cost)} = {table.cost.total:,}",
    ]
    others = [f"{getattr(table.cost, k):,} {k}" for k in KINDS[3:] if getattr(table.cost, k)]
    if others:
        lines.append(f"besides     {', '.join(others)}")
    if table.inside != table.cost:
        lines.append(f"unpadded    {_sum(table.inside)}")
    if table.uncounted:
        lines.append(f"uncounted   {', '.join(table.uncounted)}: in no total")
    lines.append(f"backward    {_sum(table.backward)}, not in the above")
    lines.append(
        f"memory      {table.peak_activation_bytes:,} bytes of activations at the peak "
        "(inference, float32)"
    )
    return lines


def _sum(cost: Cost) -> str:
    return " + ".join(f"{getattr(cost, kind):,} {SHORT[kind]}" for kind in OPERATIONS)
