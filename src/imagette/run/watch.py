"""Catches by name what goes wrong in a training without an error: weights that do not move, a
network at chance, a rate too high. What is said follows from rows and weights alone, so a resumed
run says what is left to say, and nothing twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels, Weights
from imagette.evaluate.metrics import interval
from imagette.recipe.losses import MSE, NLL, CrossEntropy
from imagette.train.events import Checkpoint, EpochRow, Event, Finished, Remark
from imagette.train.loop import Events, Start, Training

Row = Mapping[str, Any]

FEWEST_STEPS = 100  # before so many, a network that learns well may still be at chance
CHANCE_MARGIN = 0.02  # a loss below that of chance by less than this proportion is chance
RISE = 2.0  # a loss so many times what it was is no noise


@dataclass(frozen=True, slots=True)
class Chance:
    """What knowing the proportions of the classes is worth, without a look at the picture.

    With K equal classes the accuracy is 1/K and the cross-entropy ln K. `loss` is None for a loss
    of one's own.
    """

    accuracy: float
    loss: float | None


@dataclass(frozen=True, slots=True)
class Watch:
    """What the rows of one training are judged against."""

    chance: Chance
    num_classes: int
    num_images: Mapping[str, int]  # of "train" and "validation"
    rate: float
    batch: int
    summed: bool  # whether the loss is a sum over the batch


def watched(events: Events[None], training: Training, start: Start) -> Events[None]:
    """Hands on a training's events and answers, each mistake named once, after the event it is in.

    A network that does not learn is named at the first epoch that shows it; weights that did not
    move at the first checkpoint after an epoch.
    """
    watch, rows, stop = _watch_of(training), list(start.history[:1]), None
    said = any(symptom(row, rows[0], watch) for row in start.history)
    event = next(events)
    while True:
        stop = (yield event) or stop
        if isinstance(event, Finished):
            return
        text = None
        if isinstance(event, EpochRow) and not said:
            rows = rows or [event.figures]
            text = symptom(event.figures, rows[0], watch)
            said = text is not None
        elif isinstance(event, Checkpoint):
            text = _stillness(event, training, start)
        if text:
            stop = (yield Remark(text)) or stop
        event = events.send(stop)
