"""How it learned: the curves, and in words whether it overfits or stagnates, and since when."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate

from matplotlib.figure import Figure

from imagette.evaluate.overfitting import gap, overfitting
from imagette.recipe.stopping import Stopping
from imagette.report.blocks import Block, Cell, Column, Drawing, Fold, Section, Table, Text
from imagette.report.curves import Onset, curves
from imagette.report.language import Language
from imagette.report.record import Record, Row
from imagette.train.stopping import stagnant_since

_SPLITS = ("train", "validation", "test")
_PATIENCE = 3  # epochs, where the recipe names none
_FAR_APART = 0.05  # of accuracy, between training and validation


def learning(record: Record, say: Language) -> Section:
    """Curves against epochs and seconds, what they say in words, and the table of epochs."""
    if len(record.history) < 2:
        return Section("learning", say("learning.title"), (Text(say("learning.none"), "missing"),))
    blocks = (
        *words(record, say),
        *_drawings(record, say),
        Fold(say("learning.table"), (epochs_table(record.history, record.timings, say),)),
    )
    return Section("learning", say("learning.title"), blocks)


def words(record: Record, say: Language) -> Iterator[Block]:
    """What the curves say: overfitting, stagnation, the best epoch, and how far apart they end."""
    if record.is_watched:
        yield Text(say("learning.watched"), "bad")
    history = record.history
    found = overfitting(history)
    if found:
        (low, high), (before, after) = found.validation_loss, found.train_loss
        losses = [say.decimal(loss, 3) for loss in (low, high, before, after)]
        names = ("low", "high", "before", "after")
        told = dict(zip(names, losses, strict=True))
        yield Text(say("learning.overfits", epoch=found.since_epoch, **told), "bad")
    elif _measured(history, "validation_loss") and len(history) > _PATIENCE:
        yield Text(say("learning.no_overfitting"), "good")
    yield from _stagnation(record, say)
    yield from _ends(history, say)


def _onsets(record: Record) -> dict[Onset, int]:
    """The epochs since which it overfits and stagnates, of those that it does."""
    overfits = overfitting(record.history)
    stagnates = stagnant_since(_stopping(record), record.history)
    found: dict[Onset, int] = {"overfits": overfits.since_epoch} if overfits else {}
    return found if stagnates is None else {**found, "stagnates": stagnates}


def _stopping(record: Record) -> Stopping:
    asked = record.resolved["recipe"].get("stopping")
    return Stopping.model_validate(asked) if asked else _watching(record.history)


def _stagnation(record: Record, say: Language) -> Iterator[Block]:
    stopping = _stopping(record)
    since = stagnant_since(stopping, record.history)
    figure = say(f"figure.{stopping.figure}")
    if since is not None:
        yield Text(
            say("learning.stagnates", figure=figure, epoch=since, patience=stopping.patience), "bad"
        )
    elif len(record.history) > stopping.patience:
        yield Text(say("learning.improves", figure=figure, patience=stopping.patience), "good")


def _watching(history: Sequence[Row]) -> Stopping:
    figure = "validation_loss" if _measured(history, "validation_loss") else "train_loss"
    return Stopping.model_validate({"figure": figure, "patience": _PATIENCE})


def _ends(history: Sequence[Row], say: Language) -> Iterator[Block]:
    validated = _measured(history, "validation_accuracy")
    if validated:
        best = max(validated, key=lambda row: float(row["validation_accuracy"]))
        share = say.percent(best["validation_accuracy"], 2)
        yield Text(say("learning.best", epoch=best["epoch"], accuracy=share))
    apart = gap(history[-1])
    if apart is not None:
        key = "learning.far" if apart > _FAR_APART else "learning.near"
        yield Text(say(key, points=say.decimal(100 * apart, 1)))


def _drawings(record: Record, say: Language) -> Iterator[Drawing]:
    test = record.figures.get("test")
    result = float(test["accuracy"]) if test else None
    onsets = _onsets(record)
    draw = partial(curves, record.history, "", result, onsets=onsets, say=say)
    yield _both_sizes(draw, say("learning.alt_epochs"), say("learning.caption"))
    seconds = seconds_of(record.history, record.timings)
    if seconds:
        draw = partial(curves, record.history, "", result, seconds=seconds, onsets=onsets, say=say)
        yield _both_sizes(draw, say("learning.alt_seconds"), say("learning.caption_seconds"))


def _both_sizes(draw: Callable[..., Figure], alt: str, caption: str) -> Drawing:
    return Drawing(draw(), alt, caption, narrow=draw(stacked=True))


def seconds_of(history: Sequence[Row], timings: Sequence[Row]) -> tuple[float, ...]:
    """Seconds of training up to the end of each epoch; empty where an epoch's are not known."""
    known = {row["epoch"]: row["train_seconds"] for row in timings}
    if not all(row["epoch"] in known for row in history):
        return ()
    return tuple(accumulate(float(known[row["epoch"]]) for row in history))


def epochs_table(history: Sequence[Row], timings: Sequence[Row], say: Language) -> Table:
    """One row an epoch: loss, accuracy and error of each split, and the seconds it took."""
    splits = [split for split in _SPLITS if _measured(history, f"{split}_loss")]
    columns = [Column(say("learning.epoch"), numeric=True)]
    for split in splits:
        name = say(f"split.{split}")
        for figure in ("loss", "accuracy", "error"):
            columns.append(Column(say(f"learning.{figure}_of", split=name), numeric=True))
    columns.append(Column(say("learning.seconds"), numeric=True))
    took = {row["epoch"]: row["train_seconds"] for row in timings}
    rows = tuple(_epoch(row, splits, took.get(row["epoch"]), say) for row in history)
    return Table(tuple(columns), rows, say("learning.table_caption"))


def _epoch(row: Row, splits: list[str], seconds: float | None, say: Language) -> tuple[Cell, ...]:
    cells = [Cell(say.integer(row["epoch"]), row["epoch"])]
    for split in splits:
        loss, accuracy = row.get(f"{split}_loss"), row.get(f"{split}_accuracy")
        error = None if accuracy is None else 1 - accuracy
        cells.append(Cell("–" if loss is None else say.decimal(loss, 4), loss))
        cells += [Cell(say.percent(share, 2), share) for share in (accuracy, error)]
    cells.append(Cell("–" if seconds is None else say.seconds(seconds), seconds))
    return tuple(cells)


def _measured(history: Sequence[Row], key: str) -> list[Row]:
    return [row for row in history if row.get(key) is not None]
