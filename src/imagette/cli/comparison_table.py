"""A comparison as text: one row a variant, in as few lines as there is room for."""

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from imagette.cli.operations import operations_text
from imagette.evaluate.comparison import Difference
from imagette.evaluate.ensemble import Ensemble
from imagette.report.language import language
from imagette.report.names import shown
from imagette.report.verdict import MANY, coverage_of_tests, p_text, summary, verdict
from imagette.run.compare import Comparison, Variant

NAME_WIDTH = 18  # where room is short, a longer name is folded
ENGLISH = language("en")
TOLD = ("better", "worse")  # of many differences, only these have a line of their own
COSTS = ("parameters", "operations", "s", "s/epoch")


def comparison_table(comparison: Comparison, console: Console) -> None:
    """Prints the figures of each variant, then the notes, and what a reader must know of them."""
    for line in _legend(comparison):
        console.print(escape(line), highlight=False)
    console.print()
    wide, narrow = _wide(comparison), _narrow(comparison)
    unlimited = console.options.update(width=10_000)
    fitting = [
        table
        for table in (wide, narrow)
        if Measurement.get(console, unlimited, table).maximum <= console.width
    ]
    if fitting:
        console.print(fitting[0], highlight=False)
    else:
        for line in _blocks(comparison):
            console.print(escape(line), highlight=False)
    for lines, is_prose in ((_words(comparison), True), (_below(comparison), False)):
        for line in [""] * bool(lines) + lines:
            console.print(escape(_printable(line)), highlight=False, soft_wrap=not is_prose)


def ensemble_lines(together: Ensemble, console: Console) -> None:
    """Prints the accuracy of all runs as one, beside that of each on the same images."""
    low, high = together.interval
    lines = [
        f"ensemble of {len(together.members)} runs, mean of their probabilities: "
        f"{100 * together.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f}, "
        f"n = {together.n:,}); on these images alone:"
    ]
    lines += [f"  {100 * accuracy:.2f} % {name}" for name, accuracy in together.members]
    for line in ["", *lines]:
        console.print(escape(line), highlight=False, soft_wrap=True)


def _legend(comparison: Comparison) -> list[str]:
    splits = " or ".join(comparison.splits) or "nothing yet"
    lines = [
        f"accuracy on {splits}, of the last weights: mean ± sample deviation over n seeds",
        "operations: forward, of one image; s: seconds of training; losses are means over images",
    ]
    if len(comparison.variants) > 1:
        lines.insert(
            1,
            f"difference: in points, from {shown(comparison.against)}, with its 95 % interval "
            "(over seeds, or over images); p: chance of as much between equals, corrected",
        )
    return lines


def _wide(comparison: Comparison) -> Table:
    losses = _loss_splits(comparison)
    table = _table("variant")
    table.columns[0].no_wrap = True
    headings = ["n", "accuracy %", "difference", "95 % interval", "p", "over", ""]
    headings += [*COSTS, *(f"loss {one}" for one in losses)]
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("", "over") else "right")
    for column in table.columns:
        column.no_wrap = True
    for variant in comparison.variants:
        found = variant.difference
        table.add_row(
            escape(shown(variant.name)),
            str(len(variant.counted)),
            _accuracy(variant, comparison),
            _points(found.mean) if found else "",
            _interval(found) if found else "",
            _p(found) if found else "",
            f"{found.n:,} {found.over}" if found else "",
            escape(_verdict(variant, comparison)),
            *_costs(variant),
            *(_number(variant.losses.get(one), ".4f") for one in losses),
        )
    return table


def _narrow(comparison: Comparison) -> Table:
    losses = _loss_splits(comparison)
    table = _table("variant")
    table.columns[0].max_width = NAME_WIDTH
    for heading in ("accuracy %", "difference", "\n".join(COSTS), "\n".join(["loss", *losses])):
        table.add_column(heading, justify="right", no_wrap=True)
    for variant in comparison.variants:
        table.add_row(
            escape(shown(variant.name)),
            f"{_accuracy(variant, comparison)}\nn = {len(variant.counted)}",
            "\n".join(_stacked(variant, comparison)),
            "\n".join(_costs(variant)),
            "\n".join(_number(variant.losses.get(one), ".4f") for one in losses),
        )
    return table


def _blocks(comparison: Comparison) -> list[str]:
    """A few short lines a variant, for a terminal in which no table fits."""
    lines = []
    for variant in comparison.variants:
        accuracy = f"{_accuracy(variant, comparison)} %, n = {len(variant.counted)}"
        costs = zip(COSTS, _costs(variant), strict=True)
        losses = [
            f"loss on {split} {_number(variant.losses.get(split), '.4f')}"
            for split in _loss_splits(comparison)
        ]
        told = [f"accuracy {accuracy}", *_stacked(variant, comparison)]
        told += [*(f"{name} {value}" for name, value in costs), *losses]
        lines += [shown(variant.name), *(f"  {line}" for line in told if line)]
    return lines


def _table(heading: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(heading, overflow="fold")
    return table


def _stacked(variant: Variant, comparison: Comparison) -> list[str]:
    found = variant.difference
    if found is None:
        return [_verdict(variant, comparison)]
    over = f"{found.n:,} {found.over}"
    chance = [p_text(found.corrected, ENGLISH)] if found.corrected is not None else []
    return [_points(found.mean), _interval(found), *chance, over, found.verdict]


def _costs(variant: Variant) -> list[str]:
    """The values of `COSTS`."""
    seconds = _number(variant.train_seconds, ".1f"), _number(variant.seconds_per_epoch, ".2f")
    operations = operations_text(variant.operations, variant.uncounted)
    return [f"{variant.parameters:,}", operations, *seconds]


def _verdict(variant: Variant, comparison: Comparison) -> str:
    if variant.difference:
        return variant.difference.verdict
    if variant.no_difference:
        return "see below"
    return "" if len(comparison.variants) == 1 else "the reference"


def _accuracy(variant: Variant, comparison: Comparison) -> str:
    found = variant.accuracy
    if found is None:
        return "-"
    deviation = f" ± {100 * found.deviation:.2f}" if found.deviation is not None else ""
    mark = f" ({variant.split})" if len(comparison.splits) > 1 else ""
    return f"{100 * found.mean:.2f}{deviation}{mark}"


def _printable(line: str) -> str:
    """Titles and notes are anybody's: none of their signs may command the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _points(share: float) -> str:
    return f"{100 * share:+.2f}"


def _interval(found: Difference) -> str:
    if found.interval is None:
        return "unknown"
    low, high = found.interval
    return f"{_points(low)} to {_points(high)}"


def _p(found: Difference) -> str:
    if found.corrected is None:
        return "unknown"
    return p_text(found.corrected, ENGLISH).removeprefix("p ").removeprefix("= ")


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:,{form}}"


def _loss_splits(comparison: Comparison) -> list[str]:
    found = {split for variant in comparison.variants for split in variant.losses}
    return [split for split in ("train", "validation", "test") if split in found]


def _words(comparison: Comparison) -> list[str]:
    """Each difference in words, and what the tests behind them cover."""
    differences = [variant.difference for variant in comparison.variants if variant.difference]
    lines = ["one variant: nothing to compare it with"] if len(comparison.variants) == 1 else []
    many = len(differences) > MANY
    if many:
        lines.append(summary(comparison.against, differences, ENGLISH))
    lines += [
        verdict(variant.name, comparison.against, variant.difference, ENGLISH)
        for variant in comparison.variants
        if variant.difference and not (many and variant.difference.verdict not in TOLD)
    ]
    return [*lines, *coverage_of_tests(differences, ENGLISH)]


def _below(comparison: Comparison) -> list[str]:
    """What a reader must know of the runs, with paths and commands, which are not wrapped."""
    lines = [
        f"{variant.name}: no difference from {comparison.against} is given, {variant.no_difference}"
        for variant in comparison.variants
        if variant.no_difference
    ]
    lines += list(comparison.remarks)
    lines += [
        f"note on {variant.name}: {' '.join(note.split())}"
        for variant in comparison.variants
        for note in variant.notes
    ]
    return lines
