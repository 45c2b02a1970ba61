"""Makes the tables and figures of the results, in README.md and docs/results.md.

    python scripts/results.py            writes them
    python scripts/results.py --check    exits 1 if they are not what results/ gives

All figures come from the published runs (results/<experiment>/<seed>/), the ablations
(results/ablations/<experiment>.json) and what others have published (results/published.toml).
"""

import argparse
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagette import ImagetteError, StoreError
from imagette.evaluate.comparison import Spread
from imagette.evaluate.pareto import pareto_front
from imagette.report.ablation import Row, ablation_figure
from imagette.report.curves import figure_bytes
from imagette.report.pareto import Point, Price, pareto_figure
from imagette.run.ablation import Ablation, Without, read_ablations
from imagette.run.results import ResultRow, read_pretrained, read_results
from imagette.store.whole import make_folder, write_whole

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- made by make results: begin -->", "<!-- made by make results: end -->"
PICTURES = "pictures"
PARETO = "pareto.png"
PARETO_OF = "cifar10"
NONE_YET = "No result is published yet."
TAKEN = ("run", "data", "parameters", "epochs", "test %")
SHORT = (
    *("experiment", "data", "parameters", "multiplications", "epochs", "training", "set-up"),
    *("n", "test %", "95 % interval", "single view %"),
)


@dataclass(frozen=True)
class Theirs:
    """A point that others have published; parameters and multiplications where they say them."""

    name: str
    accuracy: float  # 0 to 1
    parameters: int | None
    multiplications: int | None
    views: int
    cost: str
    source: str


def read_published(path: Path) -> tuple[Theirs, ...]:
    """The points of `published.toml`; none if there is no file."""
    if not path.exists():
        return ()
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get(PARETO_OF, [])
        return tuple(
            Theirs(
                name=str(row["name"]),
                accuracy=float(row["accuracy"]) / 100,
                parameters=row.get("parameters"),
                multiplications=row.get("multiplications"),
                views=int(row.get("views", 1)),
                cost=str(row.get("cost", "")),
                source=str(row["source"]),
            )
            for row in rows
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path} is damaged ({error}): put the one of the repository back"
        ) from None


# Tables


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """As Markdown; the first column is text, the others are numbers."""
    marks = ["---", *["---:"] * (len(columns) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (columns, marks, *rows)]


def readme_block(results: Sequence[ResultRow]) -> list[str]:
    if not results:
        return [NONE_YET]
    return [*table(SHORT, [_cells(row, "results") for row in results]), *_notes(results)]


def _cells(row: ResultRow, results: str) -> list[str]:
    return [
        f"[`{row.experiment}`]({results}/{row.experiment})",
        row.data,
        f"{row.parameters:,}",
        millions(row.multiplications),
        epochs_text(row.epochs),
        clock(row.train_seconds),
        "" if row.setup_seconds is None else clock(row.setup_seconds),
        str(row.accuracy.n if row.accuracy else len(row.seeds)),
        _accuracy(row),
        _interval(row.interval),
        spread_text(row.single) if row.single else "",
    ]


def _accuracy(row: ResultRow) -> str:
    if row.accuracy is None:
        return "sealed"
    views = f" ({row.views} views)" if row.views > 1 else ""
    return f"{spread_text(row.accuracy)}{views}{' (watched)' if row.watched else ''}"


def _notes(results: Sequence[ResultRow]) -> Iterator[str]:
    yield ""
    yield (
        "*Training*, and *set-up* before it (data, network, engine, compiling), are by the clock, "
        "means over the seeds. Accuracies are of the last weights on the official test set: mean ± "
        "deviation over *n* seeds, and Student's 95 % interval of the mean. Multiplications are of "
        "one image, forward."
    )
    if any(row.watched for row in results):
        yield "*Watched*: the test set was measured at every epoch, and chose nothing."
    yield ""
    yield "Measured on:"
    yield ""
    for machine, names in _by_machine(results).items():
        yield f"- {machine} ({', '.join(names)})"


def _by_machine(results: Sequence[ResultRow]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in results:
        for machine in row.machines:
            found.setdefault(machine, []).append(f"`{row.experiment}`")
    return found


def epochs_text(epochs: Sequence[float]) -> str:
    """Of all seeds; from the fewest to the most, where a budget of time gave them other numbers.

    >>> epochs_text((9, 9, 9)), epochs_text((15.15, 12.78, 13.2))
    ('9', '12.8 to 15.2')
    """
    few, many = min(epochs), max(epochs)
    return f"{few:.4g}" if few == many else f"{few:.3g} to {many:.3g}"


def millions(count: int) -> str:
    """A count in millions once it is large.

    >>> millions(651_720), millions(44_000_000)
    ('651,720', '44.0 M')
    """
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:,.1f} M"


def clock(seconds: float) -> str:
    """Minutes and seconds; below a minute seconds to a tenth.

    >>> clock(3.94), clock(59.97), clock(3600)
    ('3.9 s', '1:00', '60:00')
    """
    whole = round(seconds)
    return f"{seconds:.1f} s" if round(seconds, 1) < 60 else f"{whole // 60}:{whole % 60:02d}"


def percent(share: float) -> str:
    return f"{100 * share:.2f}"


def spread_text(found: Spread) -> str:
    """In percent, with the deviation if there is one.

    >>> spread_text(Spread(0.9412, 0.0008, 3)), spread_text(Spread(0.9412, None, 1))
    ('94.12 ± 0.08', '94.12')
    """
    deviation = "" if found.deviation is None else f" ± {percent(found.deviation)}"
    return f"{percent(found.mean)}{deviation}"


def _interval(bounds: tuple[float, float] | None) -> str:
    return f"{percent(bounds[0])} to {percent(bounds[1])}" if bounds else ""


# The page


def page_block(
    results: Sequence[ResultRow],
    ablations: Sequence[Ablation],
    theirs: Sequence[Theirs],
    pretrained: Sequence[ResultRow] = (),
) -> list[str]:
    """What docs/results.md has between its marks."""
    if not (results or ablations or pretrained):
        return [NONE_YET]
    lines = ["## The table", ""] if results else []
    if results:
        rows = [_cells(row, "../results") for row in results]
        lines += [*table(SHORT, rows), *_notes(results), ""]
    if _ours(results):
        lines += list(_pareto_lines(theirs))
    for ablation in ablations:
        lines += list(_ablation_lines(ablation))
    if pretrained:
        lines += ["## Pre-trained", "", *table(TAKEN, list(map(_taken, pretrained))), ""]
    return lines[:-1]


def _taken(row: ResultRow) -> list[str]:
    name = f"`pretrained:{row.experiment}`"
    return [name, row.data, f"{row.parameters:,}", epochs_text(row.epochs), _accuracy(row)]


def _pareto_lines(theirs: Sequence[Theirs]) -> Iterator[str]:
    yield from ("## Accuracy and its price on CIFAR-10", "")
    yield f"![Test accuracy against parameters and against multiplications]({PICTURES}/{PARETO})"
    yield ""
    yield (
        "The line: nothing in the figure is as accurate for less. Blue diamonds: results of ours "
        "on it. Grey: our others. Orange squares: what others have published, by the numbers of "
        "the table, where they say the price."
    )
    yield ""
    columns = ("", "published", "test %", "views", "parameters", "multiplications", "cost")
    rows = [[f"[{number}]", *_their_cells(one)] for number, one in enumerate(theirs, start=1)]
    yield from table(columns, rows)
    yield ""


def _their_cells(one: Theirs) -> list[str]:
    link = one.source.removeprefix("docs/")
    parameters = f"{one.parameters:,}" if one.parameters else ""
    multiplications = millions(one.multiplications) if one.multiplications else ""
    name = f"[{one.name}]({link})"
    return [name, percent(one.accuracy), str(one.views), parameters, multiplications, one.cost]


def _ablation_lines(ablation: Ablation) -> Iterator[str]:
    yield from (f"## What the ingredients of `{ablation.experiment}` are worth", "")
    if _rows(ablation):
        yield f"![Differences with their intervals]({PICTURES}/{ablation_picture(ablation)})"
        yield ""
    columns = ("variant", "n", f"{ablation.split} %", "difference", "95 % interval", "over", "time")
    yield from table(columns, [_variant_cells(one) for one in ablation.variants])
    yield ""
    yield (
        f"Differences are points of accuracy, from `{ablation.against}`, and lines in the figure "
        "their 95 % intervals; *time* is of training, as a multiple of its. "
        f"Measured on: {'; '.join(ablation.machines)}."
    )
    yield ""


def _variant_cells(one: Without) -> list[str]:
    shown = "" if one.difference is None else f"{100 * one.difference:+z.2f} ({one.verdict})"
    bounds = one.interval
    interval = f"{100 * bounds[0]:+z.2f} to {100 * bounds[1]:+z.2f}" if bounds else ""
    accuracy = spread_text(Spread(one.mean, one.deviation, one.n))
    name = f"`{one.name}`"
    time = "" if one.ratio is None else f"{one.ratio:.2f}"
    return [name, str(one.n), accuracy, shown, interval, one.over or "", time]


# The figures


def _ours(results: Sequence[ResultRow]) -> list[ResultRow]:
    return [row for row in results if row.data == PARETO_OF and row.accuracy]


def prices(results: Sequence[ResultRow], theirs: Sequence[Theirs]) -> list[Price]:
    """Accuracy against parameters, and against multiplications, ours and theirs."""
    return [
        _price(results, theirs, "parameters", "parameters"),
        _price(results, theirs, "multiplications", "multiplications an image"),
    ]


def _price(results: Sequence[ResultRow], theirs: Sequence[Theirs], key: str, label: str) -> Price:
    ours = [
        (row.experiment, getattr(row, key), one_view.mean, False)
        for row in _ours(results)
        if (one_view := row.single or row.accuracy)
    ]
    others = [
        (f"[{number}]", getattr(one, key), one.accuracy, True)
        for number, one in enumerate(theirs, start=1)
        if one.views == 1
    ]
    known = [one for one in [*ours, *others] if one[1] is not None]
    front = pareto_front([one[1] for one in known], [one[2] for one in known])
    points = (
        Point(name, float(price), accuracy, on_front, is_theirs)
        for (name, price, accuracy, is_theirs), on_front in zip(known, front, strict=True)
    )
    return Price(label, tuple(points))


def _rows(ablation: Ablation) -> list[Row]:
    return [
        Row(one.name, one.difference, one.interval, one.verdict or "")
        for one in ablation.variants
        if one.difference is not None
    ]


def ablation_picture(ablation: Ablation) -> str:
    return f"ablation_{ablation.experiment}.png"


def pictures(
    results: Sequence[ResultRow], ablations: Sequence[Ablation], theirs: Sequence[Theirs]
) -> dict[str, bytes]:
    """The figures of the page, by the names of their files."""
    made = {
        ablation_picture(one): figure_bytes(ablation_figure(_rows(one), one.against, one.split))
        for one in ablations
        if _rows(one)
    }
    if _ours(results):
        figure = pareto_figure(prices(results, theirs), "test accuracy %, one view", most_names=24)
        made[PARETO] = figure_bytes(figure)
    return made


# The files


def spliced(text: str, lines: Sequence[str], path: Path) -> str:
    """The text with `lines` between its two marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise StoreError(f"{path} lacks the marks {BEGIN} and {END}: put them back")
    return "\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"])


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, say if it is old")
    asked = parser.parse_args(arguments)
    try:
        return _made(root, asked.check)
    except ImagetteError as error:
        print(f"results: error: {error}", file=sys.stderr)
        return error.exit_code


def _made(root: Path, check: bool) -> int:
    folder = root / "results"
    results, ablations = read_results(folder), read_ablations(folder)
    theirs = read_published(folder / "published.toml")
    shipped = read_pretrained(root / "src" / "imagette" / "pretrained")
    blocks = {
        root / "README.md": readme_block(results),
        root / "docs" / "results.md": page_block(results, ablations, theirs, shipped),
    }
    before = {path: path.read_text(encoding="utf-8") for path in blocks}
    made = {path: spliced(before[path], lines, path) for path, lines in blocks.items()}
    if check:
        old = [path.relative_to(root).as_posix() for path in made if made[path] != before[path]]
        if old:
            print(f"{' and '.join(old)}: out of date, run 'make results'", file=sys.stderr)
        return int(bool(old))
    drawn = pictures(results, ablations, theirs)
    make_folder(root / "docs" / PICTURES)
    for path, text in made.items():
        write_whole(path, text.encode())
    for name, data in drawn.items():
        write_whole(root / "docs" / PICTURES / name, data)
    print(f"results: {len(results)} experiments, {len(ablations)} ablations, {len(drawn)} figures")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
