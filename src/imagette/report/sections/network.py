"""The full description of the network: every Fn, Xn and Wn, and what each costs."""

from collections.abc import Iterator
from typing import Any

from imagette.network.cost import OPERATIONS
from imagette.report.blocks import (
    Block,
    Cell,
    Code,
    Column,
    Drawing,
    Fact,
    Facts,
    Fold,
    Section,
    Table,
    Text,
)
from imagette.report.diagram.drawing import diagram
from imagette.report.language import NO_BREAK, Language
from imagette.report.names import shown
from imagette.report.record import Record, Row
from imagette.report.spelling import shape, spelled

# Said once under the table, and left out of its rows.
_USUAL = {
    "stride": [1, 1],
    "pad": [0, 0, 0, 0],
    "dilation": [1, 1],
    "groups": 1,
    "bias": True,
    "momentum": 0.1,
    "epsilon": 1e-5,
}
_SIZES = ("channels", "features", "kernel")  # said without their names
_OTHERS = ("divisions", "transcendentals", "comparisons")


def network(record: Record, say: Language, drawing: Drawing | None = None) -> Section:
    """Totals, the diagram where there is one, the table of nodes, and the network's own text."""
    cost = record.cost
    blocks: list[Block] = [Facts(tuple(_facts(cost, say)))]
    if cost.get("uncounted"):
        paths = ", ".join(map(shown, cost["uncounted"]))
        blocks.append(Text(say("network.uncounted", paths=paths), "bad"))
    if drawing:
        blocks.append(drawing)
    blocks.append(nodes_table(cost, say))
    blocks.append(Text(say("network.counting"), "plain"))
    blocks.append(Fold(say("network.text"), (Code(record.network_text.strip()),)))
    return Section("network", say("network.title"), tuple(blocks))


def drawn(record: Record, say: Language) -> Drawing:
    """The diagram of the network, with its description."""
    nodes = record.cost["nodes"]
    alt = say("diagram.alt", n=len(nodes))
    return Drawing(diagram(nodes, say), alt, say("diagram.caption"))


def nodes_table(cost: Row, say: Language) -> Table:
    """One row a node, in order, from the object of `describe --json`."""
    others = [kind for kind in _OTHERS if cost["cost"].get(kind)]
    columns = (
        Column("Fn"),
        Column(say("network.layer"), code=True),
        Column(say("network.function")),
        Column(say("network.inputs")),
        Column(say("network.output"), help=say("network.output_help")),
        Column(say("network.weights"), help=say("network.weights_help")),
        Column(say("network.parameters"), numeric=True),
        *(
            Column(say(f"short.{kind}"), numeric=True, help=say(f"count.{kind}"))
            for kind in (*OPERATIONS, *others)
        ),
    )
    rows = (
        _input(cost["nodes"][0], len(columns), say),
        *(_row(node, others, say) for node in cost["nodes"]),
    )
    counts = (cost["cost"][kind] for kind in (*OPERATIONS, *others))
    total = (
        Cell(say("network.total")),
        *(Cell("") for _ in range(5)),
        Cell(say.integer(cost["parameters"])),
        *(Cell(say.integer(count)) for count in counts),
    )
    return Table(columns, rows, say("network.caption"), total=total)


def _facts(cost: Row, say: Language) -> Iterator[Fact]:
    yield Fact(say("network.trainable"), say.integer(cost["parameters"]))
    if cost["non_trainable"]:
        yield Fact(say("network.non_trainable"), say.integer(cost["non_trainable"]))
    total = sum(cost["cost"][kind] for kind in OPERATIONS)
    parts = " + ".join(say.integer(cost["cost"][kind]) for kind in OPERATIONS)
    yield Fact(say("network.operations"), say.integer(total), say("network.parts", parts=parts))
    peak = say("unit.bytes", n=cost["peak_activation_bytes"])
    yield Fact(say("network.peak"), peak, say("network.peak_help"))


def _row(node: Row, others: list[str], say: Language) -> tuple[Cell, ...]:
    number = int(node["fn"][1:])
    weights = node["weights"]
    return (
        Cell(node["fn"], number),
        Cell(shown(node["path"])),
        Cell(_function(node)),
        Cell(", ".join(node["inputs"]), number),
        Cell(_tensor(node["output"], node["output_shape"]), number),
        Cell("; ".join(_weight(one) for one in weights) or say("network.no_weights")),
        Cell(say.integer(node["parameters"]), node["parameters"]),
        *(_count(node["cost"], kind, say) for kind in (*OPERATIONS, *others)),
    )


def _input(first: Row, num_columns: int, say: Language) -> tuple[Cell, ...]:
    """The row of X0, which no function makes."""
    made = Cell(_tensor("X0", first["input_shapes"][0]), 0)
    blanks = [Cell("") for _ in range(num_columns - 5)]
    return (Cell("", 0), Cell(""), Cell(say("network.input")), Cell("", 0), made, *blanks)


def _tensor(name: str, sides: list[int]) -> str:
    """X1 and its sizes, which no line break parts."""
    return f"{name}{NO_BREAK}{shape(sides)}"


def _function(node: Row) -> str:
    """As the network language writes it, less what a reader takes for granted: conv 6 5×5."""
    told = {
        key: _setting(value)
        for key, value in node["hyper_parameters"].items()
        if _USUAL.get(key) != value
    }
    sizes = [spelled(told.pop(key)) for key in _SIZES if key in told]
    others = [f"{shown(key)}{NO_BREAK}{spelled(value)}" for key, value in told.items()]
    return ", ".join([NO_BREAK.join([shown(node["function"]), *sizes]), *others])


def _setting(value: Any) -> Any:
    """Two sides as 5×5; four sides of padding as they are, or once where they are the same."""
    if isinstance(value, list) and all(isinstance(one, int) for one in value):
        return (
            shape(value) if len(value) == 2 else spelled(value if len(set(value)) > 1 else value[0])
        )
    return value


def _weight(weight: dict[str, Any]) -> str:
    name = shown(str(weight["name"]).rpartition(".")[2])
    return f"{name}{NO_BREAK}{shape(weight['shape'])}"


def _count(cost: Row | None, kind: str, say: Language) -> Cell:
    if cost is None:
        return Cell(say("network.not_counted"), -1, "missing")
    return Cell(say.integer(cost[kind]), cost[kind])
