"""An evaluation as text: the accuracy with its interval, then each class."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from imagette.evaluate.evaluation import Evaluation, Interval
from imagette.plain import plain


def evaluation_table(evaluation: Evaluation, split: str, console: Console) -> None:
    """Prints what the network is worth on `split`; the 95 % intervals are Wilson's."""
    low, high = evaluation.interval
    seen = _views(evaluation)
    top5 = "" if evaluation.top5 is None else f", top-5 {100 * evaluation.top5:.2f} %"
    console.print(
        f"accuracy on {split}{seen}: {100 * evaluation.accuracy:.2f} % "
        f"({100 * low:.2f} to {100 * high:.2f}, n = {evaluation.n:,}), "
        f"balanced {100 * evaluation.balanced_accuracy:.2f} %{top5}, "
        f"{evaluation.num_misclassified:,} misclassified",
        highlight=False,
        soft_wrap=not console.is_terminal,  # a pipe or a file gets one line
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("class", overflow="fold")
    for heading in ("accuracy %", "95 % interval", "images"):
        table.add_column(heading, justify="right")
    table.add_column("most often taken for", overflow="fold")
    for index, (name, one) in enumerate(evaluation.per_class.items()):
        accuracy = "-" if one.accuracy is None else f"{100 * one.accuracy:.1f}"
        confused = _most_confused(evaluation, index)
        table.add_row(
            escape(plain(name)),
            accuracy,
            _range(one.interval),
            f"{one.n:,}",
            escape(plain(confused)),
        )
    console.print(table, highlight=False)


def _views(evaluation: Evaluation) -> str:
    if evaluation.views == 1:
        return ""
    return f", {evaluation.views} views ({100 * evaluation.accuracy_single:.2f} % of one)"


def _range(interval: Interval) -> str:
    low, high = interval
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _most_confused(evaluation: Evaluation, index: int) -> str:
    """The wrong class that this class is predicted as most often, and how often."""
    row = evaluation.confusion[index]
    names = list(evaluation.per_class)
    wrong = max((n, -other) for other, n in enumerate(row) if other != index)
    count, other = wrong[0], -wrong[1]
    return f"{names[other]} ({count})" if count else ""
