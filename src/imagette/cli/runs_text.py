"""Runs as lines of text: a list, in one line each where there is room, and a single run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from imagette.cli.operations import operations_text
from imagette.plain import plain
from imagette.run.lines import shown_epochs
from imagette.run.runs import RunDetails, RunList, RunSummary
from imagette.store.damage import naming_damage

GAP = "  "
HEADINGS = ("run", "made (UTC)", "state", "network", "data", "parameters", "epochs", "accuracy")
NUMBERS = {"parameters", "epochs"}


def list_lines(found: RunList, here: Path, width: int) -> list[str]:
    """One line a run, under headings, if the longest fits into `width`; else two.

    Paths are as one types them in the folder `here`. Notes come at the end of a line.
    """
    cells = [_cells(run, here) for run in found.runs]
    widths = [max(cell_len(row[at]) for row in [HEADINGS, *cells]) for at in range(len(HEADINGS))]
    if sum(widths) + len(GAP) * (len(widths) - 1) <= width:
        lines = [_padded(row, widths) for row in [HEADINGS, *cells]]
        notes = ["notes" if any(run.notes for run in found.runs) else "", *map(_notes, found.runs)]
        lines = [f"{line}{GAP}{note}".rstrip() for line, note in zip(lines, notes, strict=True)]
    else:
        lines = [
            line for run, row in zip(found.runs, cells, strict=True) for line in _two(run, row)
        ]
    if not found.runs:
        lines = ["no run is here yet: imagette train makes one"]
    return [plain(line) for line in [*lines, *(f"left out: {told}" for told in found.remarks)]]


def show_lines(details: RunDetails) -> list[str]:
    """A run in some ten lines, each of which says first what it tells.

    Raises StoreError, naming the run, for values in it that are not what was written.
    """
    with naming_damage(details.summary.path):
        return [plain(f"{name:<8} {' '.join(text.split())}") for name, text in _told(details)]


def _told(details: RunDetails) -> list[tuple[str, str]]:
    run, resolved = details.summary, details.resolved
    reason = f": {run.state.reason}" if run.state.reason else ""
    watched = "; the test set was watched each epoch" if run.test_watched else ""
    operations = operations_text(run.operations, run.uncounted)
    return [
        ("run", str(run.path)),
        ("title", run.title),
        ("made", f"{run.when}, seed {run.seed}"),
        ("state", f"{run.state.text}{reason}"),
        ("network", f"{run.network}: {run.parameters:,} parameters, {operations} operations"),
        ("data", f"{run.data}{watched}"),
        ("recipe", _recipe(resolved["recipe"])),
        ("epochs", f"{_epochs(run)}, {details.train_seconds:.1f} s of training"),
        *(("result", line) for line in _results(details.figures)),
        ("kept", f"checkpoints of steps {', '.join(map(str, details.checkpoints)) or 'none'}"),
        ("made on", str(details.environment.get("device") or details.environment.get("platform"))),
        *(("note", f"{note.when}  {note.text}") for note in run.notes),
    ]


def _cells(run: RunSummary, here: Path) -> tuple[str, ...]:
    return (
        _typed(run.path, here),
        run.when[:16].replace("T", " "),
        run.state.text,
        run.network,
        run.data,
        f"{run.parameters:,}",
        _epochs(run),
        _accuracy(run),
    )


def _padded(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = []
    for heading, text, width in zip(HEADINGS, row, widths, strict=True):
        room = " " * (width - cell_len(text))
        cells.append(room + text if heading in NUMBERS else text + room)
    return GAP.join(cells)


def _two(run: RunSummary, row: Sequence[str]) -> list[str]:
    path, _, state, network, data, parameters, epochs, accuracy = row
    about = f"{network} ({parameters}), {data}, epoch {epochs}"
    notes = [f"  note: {_notes(run)}"] if run.notes else []
    return [path, f"  {accuracy or '-'}, {state}", f"  {about}", *notes]


def _typed(path: Path, here: Path) -> str:
    """The path from `here`, if it lies below; titles from strangers stay on their line."""
    text = str(path.relative_to(here) if path.is_relative_to(here) else path)
    return text if text.isprintable() else repr(text)


def _accuracy(run: RunSummary) -> str:
    if run.accuracy is None:
        return ""
    watched = ", watched" if run.split == "test" else ""
    return f"{100 * run.accuracy:.2f} % ({run.split}{watched})"


def _epochs(run: RunSummary) -> str:
    return f"{shown_epochs(run.epochs)}/{run.epochs_asked}"


def _notes(run: RunSummary) -> str:
    return " | ".join(" ".join(note.text.split()) for note in run.notes)


def _recipe(recipe: dict[str, Any]) -> str:
    augment = "+".join(one["name"] for one in recipe["augment"]) or "none"
    optimiser = recipe["optimiser"]
    return (
        f"batch {recipe['batch']}, {recipe['loss']['name']}, {optimiser['name']} "
        f"{optimiser.get('rate', '')}, {recipe['schedule']['name']}, augmentation {augment}"
    )


def _results(figures: dict[str, Any]) -> list[str]:
    splits = [split for split in ("train", "validation", "test") if f"{split}_loss" in figures]
    known = [split for split in splits if figures.get(f"{split}_accuracy") is not None]
    return [
        f"{split}: accuracy {100 * figures[f'{split}_accuracy']:.2f} %, "
        f"loss {figures[f'{split}_loss']:.4f}"
        for split in known
    ]
