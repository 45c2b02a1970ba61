"""The full description of the network: every Fn, Xn and Wn, and what each costs."""

from collections.abc import Iterator
from typing import Any

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
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.record import Record, Row
from imagette.report.spelling import shape, spelled

_COUNTED = ("multiplications", "additions", "maximums")
_OTHERS = ("divisions", "transcendentals", "comparisons")


def network(record: Record, say: Language, diagram: Drawing | None = None) -> Section:
    """Totals, the diagram where there is one, the table of nodes, and the network's own text."""
    cost = record.cost
    blocks: list[Block] = [Facts(tuple(_facts(cost, say)))]
    if cost.get("uncounted"):
        paths = ", ".join(map(shown, cost["uncounted"]))
        blocks.append(Text(say("network.uncounted", paths=paths), "bad"))
    if diagram:
        blocks.append(diagram)
    blocks.append(nodes_table(cost, say))
    blocks.append(Text(say("network.counting"), "plain"))
    blocks.append(Fold(say("network.text"), (Code(record.network_text.strip()),)))
    return Section("network", say("network.title"), tuple(blocks))


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
        *(Column(say(f"count.{kind}"), numeric=True) for kind in (*_COUNTED, *others)),
    )
    rows = tuple(_row(node, others, say) for node in cost["nodes"])
    counts = (cost["cost"][kind] for kind in (*_COUNTED, *others))
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
    total = sum(cost["cost"][kind] for kind in _COUNTED)
    parts = " + ".join(say.integer(cost["cost"][kind]) for kind in _COUNTED)
    yield Fact(say("network.operations"), say.integer(total), say("network.parts", parts=parts))
    peak = say("unit.bytes", n=cost["peak_activation_bytes"])
    yield Fact(say("network.peak"), peak, say("network.peak_help"))


def _row(node: Row, others: list[str], say: Language) -> tuple[Cell, ...]:
    number = int(node["fn"][1:])
    weights = node["weights"]
    inputs = zip(node["inputs"], node["input_shapes"], strict=True)
    return (
        Cell(node["fn"], number),
        Cell(shown(node["path"])),
        Cell(_function(node)),
        Cell(", ".join(f"{name} {shape(sides)}" for name, sides in inputs)),
        Cell(f"{node['output']} {shape(node['output_shape'])}", number),
        Cell("; ".join(_weight(one) for one in weights) or say("network.no_weights")),
        Cell(say.integer(node["parameters"]), node["parameters"]),
        *(_count(node["cost"], kind, say) for kind in (*_COUNTED, *others)),
    )


def _function(node: Row) -> str:
    settings = spelled(node["hyper_parameters"])
    return f"{shown(node['function'])} ({settings})" if settings else shown(node["function"])


def _weight(weight: dict[str, Any]) -> str:
    name = shown(str(weight["name"]).rpartition(".")[2])
    return f"{name} {shape(weight['shape'])}"


def _count(cost: Row | None, kind: str, say: Language) -> Cell:
    if cost is None:
        return Cell(say("network.not_counted"), -1, "missing")
    return Cell(say.integer(cost[kind]), cost[kind])
