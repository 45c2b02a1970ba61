"""What happens in a training, as lines of text: for a log, and for a terminal without colours."""

from collections.abc import Mapping
from typing import Any

from imagette.train.events import Decision, EpochRow, Event, Finished, Remark

SPLITS = ("train", "validation", "test")


def line_of(event: Event) -> str | None:
    """The text of an event, of one or two lines; None for those that only move a bar."""
    match event:
        case EpochRow(figures, timing):
            return f"{figures_line(figures)}\n{timing_line(timing)}"
        case Decision(what, value, because):
            return f"decided: {what} = {value} ({because})"
        case Remark(text):
            return f"note: {text}"
        case Finished(reason=reason, epochs=epochs, steps=steps, train_seconds=seconds):
            return f"ended after {epochs} epochs, {steps:,} steps, {seconds:.1f} s: {reason}"
    return None


def figures_line(figures: Mapping[str, Any]) -> str:
    """Losses, accuracies and error rate of an epoch: of train, validation, test, where measured."""
    measured = [split for split in SPLITS if f"{split}_loss" in figures]
    losses = " | ".join(_figure(figures[f"{split}_loss"], "{:.4f}") for split in measured)
    accuracies = " | ".join(_percent(figures[f"{split}_accuracy"]) for split in measured)
    judged = figures[f"{measured[-1]}_accuracy"]
    error = None if judged is None else 1 - judged
    return (
        f"epoch {figures['epoch']:<3} loss {losses}   accuracy {accuracies} %   "
        f"error {_percent(error)} %"
    )


def legend(figures: Mapping[str, Any]) -> str:
    """What the columns of `figures_line` are."""
    return " | ".join(split for split in SPLITS if f"{split}_loss" in figures)


def timing_line(timing: Mapping[str, Any]) -> str:
    """Seconds, images/s and operations of an epoch; operations are of forward passes alone."""
    operations = timing["operations"]
    seconds = timing["train_seconds"] + timing["evaluation_seconds"]
    images = _figure(timing["images_per_second"], "{:,.0f} images/s  ")
    rate = _figure(timing["operations_per_second"], "{:.1f} Gop/s", 1e9)
    return (
        f"          {seconds:.1f} s  {images if timing['images_per_second'] else ''}"
        f"{operations['total'] / 1e9:,.2f} Gop = "
        f"{operations['multiplications'] / 1e9:,.2f} mul + {operations['additions'] / 1e9:,.2f} add"
        f" + {operations['maximums'] / 1e9:,.2f} max  {rate}"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _figure(value: float | None, form: str, unit: float = 1.0) -> str:
    return "-" if value is None else form.format(value / unit)
