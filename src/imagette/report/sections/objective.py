"""What the run was for: its purpose in its author's words, and its budget, met or not."""

from collections.abc import Iterator

from imagette.network.cost import OPERATIONS
from imagette.network.table import BYTES
from imagette.report.blocks import Block, Cell, Column, Fact, Facts, Section, Table, Text
from imagette.report.language import Language
from imagette.report.names import shown
from imagette.report.reasons import told
from imagette.report.record import Record, Row

_LONGEST = 2000  # characters of what people wrote


def objective(record: Record, say: Language) -> Section:
    """Purpose, what was asked, how it ended, and each limit of the budget."""
    blocks: list[Block] = [Text(line) for line in purpose(record.experiment)]
    blocks.append(Facts(tuple(_facts(record, say))))
    blocks.append(_budget(record, say))
    blocks += [Text(_note(note, say), "note") for note in record.notes]
    return Section("objective", say("objective.title"), tuple(blocks))


def purpose(experiment: str | None) -> tuple[str, ...]:
    r"""The comment at the head of an experiment's file, without the lines that name a key.

    >>> purpose("# The best under a budget.\n# Command: imagette train x\nseed = 0")
    ('The best under a budget.',)
    """
    head = []
    for line in (experiment or "").splitlines():
        if not line.startswith("#"):
            break
        text = line.lstrip("# ").strip()
        if text.startswith(("Command:", "Result:", "Source:")):
            break
        head.append(text)
    whole = " ".join(head).strip()
    return (shown(whole, _LONGEST),) if whole else ()


def _facts(record: Record, say: Language) -> Iterator[Fact]:
    resolved = record.resolved
    ended = say(f"state.{record.state}")
    why = told(record.reason, say) if record.reason else ""
    yield Fact(say("objective.network"), network_name(resolved["network"]))
    yield Fact(say("objective.data"), shown(record.data_name))
    yield Fact(say("objective.seed"), say.integer(resolved["seed"]))
    tone = "good" if record.state == "finished" else "bad"
    yield Fact(say("objective.ended"), ended, why, "good" if tone == "good" else "bad")


def network_name(network: Row) -> str:
    """The name in the catalogue, or which other way says what the network is; and its width."""
    ways = (key for key in ("python", "text", "layers") if network.get(key) is not None)
    name = shown(network.get("name") or next(ways, "?"))
    width = network.get("width", 1)
    return name if width == 1 else f"{name} \N{MULTIPLICATION SIGN}{width:g}"


def _budget(record: Record, say: Language) -> Block:
    rows = tuple(_rows(record, say))
    if not rows:
        return Text(say("budget.none"))
    columns = (
        Column(say("budget.limit")),
        Column(say("budget.allowed"), numeric=True),
        Column(say("budget.used"), numeric=True),
        Column(say("budget.share"), numeric=True),
        Column(""),
    )
    name = record.resolved["budget"].get("name")
    caption = say("budget.named", name=shown(name)) if name else say("budget.title")
    return Table(columns, rows, caption, sortable=False)


def limits(record: Record) -> dict[str, tuple[float, float | None]]:
    """Each limit of the budget and what the run took of it, None where that is not known.

    Both in the limit's unit, but minutes in seconds.
    """
    budget, cost = record.resolved["budget"], record.cost
    spent = (record.finished or {}).get("spent", {})
    took = {
        "parameters": cost["parameters"],
        "operations": sum(cost["cost"][kind] for kind in OPERATIONS),
        "model_bytes": BYTES * (cost["parameters"] + cost["non_trainable"]),
        "activation_bytes": cost["peak_activation_bytes"],
    }
    found = {key: (budget[key], took[key]) for key in took if budget.get(key) is not None}
    if budget.get("minutes") is not None:
        found["minutes"] = 60 * budget["minutes"], spent.get("total_seconds")
    return found


def _rows(record: Record, say: Language) -> Iterator[tuple[Cell, ...]]:
    for key, (most, took) in limits(record).items():
        if took is None:
            name, unknown = Cell(say(f"budget.{key}")), Cell(say("budget.unknown"))
            yield (name, Cell(_amount(key, most, say)), Cell("–"), Cell("–"), unknown)
        else:
            amounts = _amount(key, most, say), _amount(key, took, say)
            yield _row(key, took / most, amounts, say)


def _amount(key: str, amount: float, say: Language) -> str:
    return say.seconds(amount) if key == "minutes" else say.integer(int(amount))


def _row(key: str, share: float, amounts: tuple[str, str], say: Language) -> tuple[Cell, ...]:
    met = share <= 1
    verdict = Cell(say("budget.met" if met else "budget.broken"), tone="good" if met else "bad")
    return (Cell(say(f"budget.{key}")), *map(Cell, amounts), Cell(say.percent(share)), verdict)


def _note(note: Row, say: Language) -> str:
    return say(
        "objective.note",
        when=say.moment(str(note.get("when"))),
        text=shown(note.get("text"), _LONGEST),
    )
