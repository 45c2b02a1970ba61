"""A run at a glance, for notebooks: where it is, how it ended, its last figures, its curves."""

from pathlib import Path

from imagette import notebook
from imagette.store.json_files import Row

LARGEST_PICTURE = 300_000  # bytes: a page holds many values
FIGURES = ("epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


def run_html(path: Path, finished: Row | None, last: Row | None, cost: Row) -> str:
    """A small table of what the run's files hold, escaped, and `curves.png` if it is there."""
    ended = finished["reason"] if finished else "not finished"
    rows: list[tuple[object, object]] = [("parameters", cost["parameters"]), ("state", ended)]
    known = last or {}
    rows += [(name.replace("_", " "), _shown(known[name])) for name in FIGURES if name in known]
    shown = notebook.table(f"run {path.parent.name}/{path.name}", ("", ""), rows, str(path))
    curves = path / "curves.png"
    if not curves.is_file() or curves.stat().st_size > LARGEST_PICTURE:
        return shown
    return shown + notebook.picture(curves.read_bytes(), "curves of loss and accuracy by epoch")


def _shown(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
