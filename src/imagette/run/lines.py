"""What happens in a training, as lines of text: for a log, and for a terminal without colours."""

from collections.abc import Mapping
from typing import Any

from imagette.network.cost import OPERATIONS
from imagette.train.events import Decision, EpochRow, Event, Finished, Remark, epochs_at

SPLITS = ("train", "validation", "test")


def line_of(event: Event) -> str | None:
    """The text of an event, of one or two lines; None for those that only move a bar."""
    match event:
        case EpochRow(figures, timing):
            if not any(value for key, value in figures.items() if key.endswith("_loss")):
                return None  # before the first epoch nothing was measured
            return f"{figures_line(figures)}\n{timing_line(timing)}"
        case Decision("steps", value, because):
            return f"planned: from step {value['begin']:,} on, {value['end']:,} in all: {because}"
        case Decision(what, value, because):
            return f"decided: {what} = {value} ({because})"
        case Remark(text):
            return f"note: {text}"
        case Finished(reason=reason, epochs=epochs, steps=steps, train_seconds=seconds):
            trained = f"{shown_epochs(epochs)} epoch{'' if epochs == 1 else 's'}"
            done = f"{trained}, {steps:,} steps, {seconds:.1f} s"
            return f"ended after {done}: {reason}"
    return None


def figures_line(figures: Mapping[str, Any]) -> str:
    """Losses, accuracies and error rate of an epoch: of train, validation, test, where measured."""
    measured = [split for split in SPLITS if f"{split}_loss" in figures]
    losses = " | ".join(_figure(figures[f"{split}_loss"], "{:.4g}") for split in measured)
    accuracies = " | ".join(_percent(figures[f"{split}_accuracy"]) for split in measured)
    judged = figures[f"{measured[-1]}_accuracy"]
    error = None if judged is None else 1 - judged
    return (
        f"epoch {shown_epochs(epochs_at(figures)):<3} loss {losses}   accuracy {accuracies} %   "
        f"error {_percent(error)} %"
    )


def shown_epochs(epochs: float) -> str:
    """A whole number, or one with two places."""
    return str(round(epochs, 2))


def legend(figures: Mapping[str, Any]) -> str:
    """What the columns of `figures_line` are."""
    return " | ".join(split for split in SPLITS if f"{split}_loss" in figures)


def timing_line(timing: Mapping[str, Any]) -> str:
    """Seconds, images/s and operations of an epoch; operations are of forward passes alone."""
    counts = timing["operations"]
    seconds = timing["train_seconds"] + timing["evaluation_seconds"]
    speed, rate = timing["images_per_second"], timing["operations_per_second"]
    parts = " + ".join(f"{_short(counts[kind])} {kind[:3]}" for kind in OPERATIONS)
    return (
        f"    {seconds:.3g} s  {f'{speed:,.0f} images/s  ' if speed else ''}"
        f"{parts} = {_short(counts['total'])}{f', {_short(rate)}/s' if rate else ''}"
    )


def _short(count: float) -> str:
    """Three digits and a unit.

    >>> _short(6_517_200_000), _short(950)
    ('6.52G', '950')
    """
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.3g}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _figure(value: float | None, form: str, unit: float = 1.0) -> str:
    return "-" if value is None else form.format(value / unit)
