"""What the network is worth: accuracy on each split with its interval, and on each class."""

from collections.abc import Iterator

from imagette.evaluate.class_order import class_order
from imagette.evaluate.evaluation import ClassAccuracy, Evaluation
from imagette.network.cost import OPERATIONS
from imagette.report.blocks import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Matrix,
    Section,
    Table,
    Text,
)
from imagette.report.language import Language
from imagette.report.matrix import LARGEST_TABLE
from imagette.report.names import shown
from imagette.report.record import Record

_MOST_CONFUSIONS = 12


def headline(record: Record, say: Language) -> Facts:
    """The four or five figures that stand at the head of the page."""
    facts = []
    evaluation = record.evaluation
    if evaluation and record.split:
        name = say("result.accuracy_on", split=split_name(record.split, say))
        detail = say("result.interval", interval=say.between(evaluation.interval), n=evaluation.n)
        facts.append(Fact(name, say.percent(evaluation.accuracy, 2), detail))
    cost = record.cost
    operations = sum(cost["cost"][kind] for kind in OPERATIONS)
    facts.append(Fact(say("network.trainable"), say.integer(cost["parameters"])))
    facts.append(Fact(say("result.operations"), say.scaled(operations), say("result.forward")))
    seconds = (record.finished or {}).get("spent", {}).get("train_seconds")
    if seconds is None:
        seconds = sum(row["train_seconds"] for row in record.timings)
    epochs = max((row["epoch"] for row in record.history), default=0)
    facts.append(Fact(say("result.time"), say.seconds(seconds), say("unit.epochs", n=epochs)))
    return Facts(tuple(facts), large=True)


def result(record: Record, say: Language) -> Section:
    """A row an evaluation, then each class on the split that is looked at closely."""
    evaluations = record.evaluations
    blocks: list[Block] = []
    if evaluations:
        blocks.append(_splits_table(evaluations, say))
    blocks += [Text(text, "missing") for text in _missing(record, say)]
    if record.evaluation and record.split:
        blocks.append(classes_table(record.evaluation, record.split, say))
    return Section("result", say("result.title"), tuple(blocks))


def split_name(name: str, say: Language) -> str:
    """The split in the page's language, and what follows a dash ("best", "jax") as it is."""
    split, _, rest = name.partition("-")
    known = say(f"split.{split}") if split in ("train", "validation", "test") else shown(split)
    return f"{known} ({shown(rest)})" if rest else known


def _splits_table(evaluations: dict[str, Evaluation], say: Language) -> Table:
    columns = (
        Column(say("result.split")),
        *(
            Column(say(f"result.{key}"), numeric=True)
            for key in ("accuracy", "interval_95", "error", "loss", "balanced", "images", "wrong")
        ),
    )
    rows = tuple(
        (
            Cell(split_name(name, say)),
            Cell(say.percent(one.accuracy, 2), one.accuracy),
            Cell(say.between(one.interval, 2), one.interval[0]),
            Cell(say.percent(one.error_rate, 2), one.error_rate),
            Cell(say.decimal(one.loss, 4), one.loss),
            Cell(say.percent(one.balanced_accuracy, 2), one.balanced_accuracy),
            Cell(say.integer(one.n), one.n),
            Cell(say.integer(one.num_misclassified), one.num_misclassified),
        )
        for name, one in evaluations.items()
    )
    return Table(columns, rows, say("result.caption"))


def _missing(record: Record, say: Language) -> Iterator[str]:
    for name in record.figures.keys() - record.evaluations.keys():
        yield say("result.damaged", split=split_name(name, say))
    for name, step in record.earlier.items():
        yield say("result.earlier", split=split_name(name, say), step=step)
    if not record.figures:
        yield say("result.none")


def classes_table(evaluation: Evaluation, split: str, say: Language) -> Table:
    """Accuracy of each class with its interval, and the class it is most often taken for."""
    columns = (
        Column(say("result.class")),
        Column(say("result.accuracy"), numeric=True),
        Column(say("result.interval_95"), numeric=True),
        Column(say("result.images"), numeric=True),
        Column(say("result.taken_for")),
    )
    names = [shown(name) for name in evaluation.per_class]
    rows = []
    for index, one in enumerate(evaluation.per_class.values()):
        row = evaluation.confusion[index]
        count, other = max((n, -at) for at, n in enumerate(row) if at != index)
        taken = say("result.taken", name=names[-other], n=count) if count else ""
        rows.append(
            (
                Cell(names[index]),
                Cell(say.percent(one.accuracy), one.accuracy, bar=_bar(one)),
                Cell(say.between(one.interval), one.interval[0]),
                Cell(say.integer(one.n), one.n),
                Cell(taken, -count),
            )
        )
    return Table(columns, tuple(rows), say("result.classes", split=split_name(split, say)))


def _bar(one: ClassAccuracy) -> tuple[float, float, float] | None:
    return None if one.accuracy is None else (one.accuracy, *one.interval)


def confusions(
    evaluation: Evaluation, say: Language, behind: tuple[tuple[int, int, tuple[int, ...]], ...] = ()
) -> Section:
    """The matrix, and the confusions that happen most."""
    names = tuple(shown(name) for name in evaluation.per_class)
    matrix = _neighbourly(Matrix(names, evaluation.confusion, behind, say("matrix.caption")), say)
    pairs = sorted(
        (
            (count, row, column)
            for row, counts in enumerate(evaluation.confusion)
            for column, count in enumerate(counts)
            if count and row != column
        ),
        key=lambda pair: (-pair[0], pair[1:]),
    )[:_MOST_CONFUSIONS]
    columns = (
        Column(say("matrix.true")),
        Column(say("matrix.predicted")),
        Column(say("result.images"), numeric=True),
        Column(say("matrix.share"), numeric=True),
    )
    rows = tuple(
        (
            Cell(names[row]),
            Cell(names[column]),
            Cell(say.integer(count), count),
            Cell(
                say.percent(count / sum(evaluation.confusion[row])),
                count / sum(evaluation.confusion[row]),
            ),
        )
        for count, row, column in pairs
    )
    most = (Table(columns, rows, say("matrix.most")),) if rows else ()
    return Section("confusion", say("matrix.title"), (matrix, *most))


def _neighbourly(matrix: Matrix, say: Language) -> Matrix:
    """Of many classes, those that are confused next to each other; few stay in their own order."""
    if len(matrix.names) <= LARGEST_TABLE:
        return matrix
    order = class_order(matrix.counts)
    place = {old: new for new, old in enumerate(order)}
    return Matrix(
        names=tuple(matrix.names[at] for at in order),
        counts=tuple(tuple(matrix.counts[row][column] for column in order) for row in order),
        behind=tuple((place[row], place[column], found) for row, column, found in matrix.behind),
        caption=f"{matrix.caption}. {say('matrix.ordered')}",
    )
