"""`imagette parity`: whether two engines compute the same, and how nearly."""

import json
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Annotated

import typer

from imagette.cli.train import DataDir, Settings
from imagette.experiment import find, load
from imagette.network.tensors import shape_text
from imagette.run.parity import parity as compare
from imagette.run.parity_report import FLOOR, JUDGED_STEPS, ParityReport, largest

WIDTH = 80


def parity(
    experiment: Annotated[str, typer.Argument(help="A file, or a shipped name.")],
    settings: Settings = None,
    steps: Annotated[int, typer.Option(min=1, help="How many training steps.")] = JUDGED_STEPS,
    images: Annotated[
        int, typer.Option(min=1, help="How many pictures go through both, node by node.")
    ] = 64,
    precision: Annotated[
        str | None,
        typer.Option(help="Compare with this precision on the same engine, such as bfloat16."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the values as JSON.")] = False,
) -> None:
    """Run both engines side by side and say whether they agree; exit code 1 if not.

    Example: imagette parity first_light
    """
    asked = load(experiment, settings or [])
    changed = [*(settings or []), f"engine.precision={precision}"]
    report = compare(
        asked,
        load(experiment, changed).engine if precision else None,
        steps=steps,
        num_images=images,
        data_dir=data_dir,
        base=find(experiment).parent,
    )
    print(json.dumps(report.as_json()) if as_json else "\n".join(_lines(report)))
    raise typer.Exit(0 if report.agrees else 1)


def _lines(report: ParityReport) -> Iterator[str]:
    yield from _head(report)
    yield ""
    yield from _nodes(report)
    yield ""
    yield from _gradients(report)
    yield ""
    yield from _steps(report)
    yield ""
    yield from _afterwards(report)
    yield ""
    yield from _verdict(report)


def _names(report: ParityReport) -> tuple[str, str]:
    """The two engines or, of one engine, the two precisions."""
    one, two = report.sides
    if one.engine != two.engine:
        return one.engine, two.engine
    return one.precision, two.precision


def _head(report: ParityReport) -> Iterator[str]:
    reference, other = report.sides
    made_on = report.made_on
    packages = [f"{name} {made_on[name]}" for name in ("imagette", "python", "numpy")]
    for side in report.sides:
        packages += [f"{name} {version}" for name, version in side.versions.items()]
    seed, batch = f"seed {report.seed}", f"batches of {report.batch}"
    network = f"{report.network}, {report.parameters:,} parameters"
    yield from _item("parity", f"{report.experiment}: {network}; {report.data}, {seed}, {batch}")
    yield from _item("reference", reference.device)
    yield from _item("other", other.device)
    yield from _item("versions", ", ".join(packages))
    yield from _item("machine", f"{made_on['processor']}, {made_on['platform']}")
    for side in report.sides:
        for note in side.notes:
            yield from _item("note", note)
    yield from _item(
        "error", f"max|other - reference| / max({FLOOR:g}, max|reference|) over a tensor"
    )
    yield from _item(
        "rounding",
        "the error of the reference against itself, its weights moved to the next float32",
    )


def _nodes(report: ParityReport) -> Iterator[str]:
    images = "picture" if report.num_images == 1 else "training pictures"
    yield f"Evaluation mode, {report.num_images} {images}: errors of the outputs, node by node,"
    yield f"with the first weights and with those of the reference after {_count(report)}"
    rows = [
        (f"F{node.index} {node.name}", shape_text(node.shape), _e(node.first), _e(node.after))
        for node in report.nodes
    ]
    worst = largest(report.nodes)
    yield from _table(("node", "output", "first", "after"), rows, report.nodes.index(worst))
    first, after = report.logits
    yield f"  logits: {_e(first.error)} with the first weights, {_e(after.error)} after"


def _gradients(report: ParityReport) -> Iterator[str]:
    yield "Training mode: errors of the gradients of the first step, weight by weight"
    rows = [(one.name, _e(one.error), _e(one.rounding)) for one in report.gradients]
    worst = largest(report.gradients)
    yield from _table(("weight", "error", "rounding"), rows, report.gradients.index(worst))


def _steps(report: ParityReport) -> Iterator[str]:
    yield f"Training mode: {_count(report)} of the experiment's own recipe from the same weights"
    one, two = _names(report)
    rows = [
        (
            str(step.step),
            *(f"{loss:.6g}" for loss in step.losses),
            _e(step.error),
            _e(step.rounding),
            "/".join(map(str, step.correct)),
        )
        for step in report.steps
    ]
    heads = ("step", f"loss {one}", f"loss {two}", "error", "rounding", "correct")
    yield from _table(heads, rows, report.steps.index(largest(report.steps)))
    same = sum(len(set(step.correct)) == 1 for step in report.steps)
    yield f"  as many correct in {same} of {len(report.steps)}"


def _afterwards(report: ParityReport) -> Iterator[str]:
    yield f"After {_count(report)}, not judged: where a gradient is nothing but rounding, Adam"
    yield "takes a step of full size, and the two may take it in opposite directions"
    kinds = {
        "weights": report.weights,
        "statistics": report.statistics,
        "frozen": report.frozen,
    }
    for what, found in kinds.items():
        if found:
            worst = largest(found)
            yield f"  {what:<10}  {_e(worst.error)} at {worst.name}"
        else:
            yield f"  {what:<10}  none"


def _verdict(report: ParityReport) -> Iterator[str]:
    for check in report.checks:
        yield (
            f"{check.what:<9}  {_e(check.error)} at {check.where}: "
            f"{'within' if check.holds else 'ABOVE'} {check.limit:.0e}"
        )
    left_out = len(report.steps) - JUDGED_STEPS
    if left_out > 0:
        yield f"losses of the last {left_out} steps are not judged: rounding grows"
    pair = " and ".join(_names(report))
    failed = [check for check in report.checks if not check.holds]
    if not failed:
        yield f"{pair} AGREE"
        return
    yield f"{pair} DO NOT AGREE: {', '.join(check.what for check in failed)}"
    if not any(check.is_telling for check in failed):
        yield "but here rounding alone takes the reference beyond the same limits: with these"
        yield "weights and batches no two engines can be told apart by them"


def _count(report: ParityReport) -> str:
    count = len(report.steps)
    return f"{count} step{'' if count == 1 else 's'}"


def _e(error: float) -> str:
    return f"{error:.1e}"


def _item(name: str, text: str) -> Iterable[str]:
    return wrap(f"{name:<10} {text}", WIDTH, subsequent_indent=" " * 11)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], worst: int) -> Iterator[str]:
    """Columns as wide as what is in them, numbers to the right; the worst row is marked."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for number, row in enumerate((heads, *rows)):
        first, *others = row
        cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        mark = "  <- largest" if number == worst + 1 else ""
        yield f"  {'  '.join([first.ljust(widths[0]), *cells])}{mark}"
