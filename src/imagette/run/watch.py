"""Catches by name what goes wrong in a training without an error.

Weights that do not move, a network at chance, a rate too high: what is said follows from rows and
weights alone, so a resumed run says what is left to say, and nothing twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imagette.engines.protocol import moving_of
from imagette.evaluate.metrics import interval
from imagette.recipe.groups import is_frozen
from imagette.run.chance import Chance, chance_of
from imagette.run.dead import PROBE, dead_layers, deadness
from imagette.run.stillness import stillness, unmoved
from imagette.train.events import Checkpoint, EpochRow, Finished, Remark
from imagette.train.loop import Events, Start, Training

Row = Mapping[str, Any]

FEWEST_STEPS = 100  # before so many, a network that learns well may still be at chance
CHANCE_MARGIN = 0.02  # a loss less than this proportion below that of chance is chance
MANY_STEPS = 10_000  # after so many, a network should have learnt more than a little, which is
LITTLE = 0.15  # this proportion of the way from chance to no error and no loss
RISE = 2.0  # a loss so many times what it was is no noise


@dataclass(frozen=True, slots=True)
class Watch:
    """What the rows of one training are judged against."""

    chance: Chance
    num_classes: int
    num_images: Mapping[str, int]  # of "train" and "validation"
    rate: float  # recipe.optimiser.rate
    usual_rate: float  # that optimiser's default
    batch: int
    summed: bool = False  # whether the loss is a sum over the batch


def watched(events: Events[None], training: Training, start: Start) -> Events[None]:
    """Hands on a training's events and their answers, with a remark after one that shows a mistake.

    A network that does not learn is named once, at the first epoch that shows it; weights that did
    not move, at the first checkpoint after an epoch.
    """
    watch, first, stop = _watch_of(training), next(iter(start.history), None), None
    said = first is not None and any(symptom(row, first, watch) for row in start.history)
    suspect, event = False, next(events)
    while not isinstance(event, Finished):
        stop = (yield event) or stop
        text = None
        if isinstance(event, EpochRow) and not said:
            first = first or event.figures
            text = symptom(event.figures, first, watch)
            said = suspect = text is not None
        elif isinstance(event, Checkpoint):
            text = _unmoved_since(start, event, training)
            if text or suspect:
                suspect = False
                dead = _dead_by(event, training)
                stop = (yield Remark(dead)) or stop if dead else stop
        if text:
            stop = (yield Remark(text)) or stop
        event = events.send(stop)
    yield event


def symptom(row: Row, first: Row, watch: Watch) -> str | None:
    """What the row of an epoch says of a network that does not learn, or None.

    `first` is the row before training. The rule: the rate is too high if every loss that is
    measured is above `RISE` times what it was. After `FEWEST_STEPS`, a network is at chance if its
    accuracy has chance in its interval, or is below, and its loss is not below that of chance by
    more than `CHANCE_MARGIN`; after `MANY_STEPS` it is hardly better if both have come less than
    `LITTLE` of the way. Validation is judged where there is one, else train; never the test set.

    >>> watch = Watch(Chance(0.1, 2.303), 10, {"validation": 1000}, 0.03, 0.01, 1)
    >>> row = {"epoch": 1, "step": 900, "validation_loss": 2.31, "validation_accuracy": 0.103}
    >>> symptom(row, {"epoch": 0, "validation_loss": 2.305}, watch).partition(":")[0]
    'after epoch 1 the network is at chance (10.3 % of 10 classes, loss 2.31)'
    """
    if row["epoch"] == 0 or watch.rate == 0:  # a rate of 0 moves no weight, and that is named
        return None
    return _risen(row, first, watch) or _at_chance(row, watch)


def _risen(row: Row, first: Row, watch: Watch) -> str | None:
    measured = [name for name in ("validation_loss", "train_loss") if row.get(name) is not None]
    known = {name: first.get(name) or watch.chance.loss for name in measured}
    rises = [(name, before) for name, before in known.items() if before and before > 0]
    if not rises or any(row[name] <= RISE * before for name, before in rises):
        return None
    name, before = rises[0]
    was = "it began at" if first.get(name) else "chance is"
    return (
        f"after epoch {row['epoch']} the loss is {row[name]:.3g}, where {was} {before:.3g}: "
        f"recipe.optimiser.rate = {watch.rate:g} is too high, take a tenth, {watch.rate / 10:g}"
        f"{_of_sum(watch)}"
    )


def _at_chance(row: Row, watch: Watch) -> str | None:
    split = "train" if row.get("validation_loss") is None else "validation"
    accuracy, loss = row[f"{split}_accuracy"], row[f"{split}_loss"]
    where = _how_near(accuracy, loss, row["step"], watch.num_images[split], watch.chance)
    if where is None:
        return None
    return (
        f"after epoch {row['epoch']} the network is {where} chance ({100 * accuracy:.1f} % of "
        f"{watch.num_classes} classes, loss {loss:.3g}): recipe.optimiser.rate = {watch.rate:g} is "
        f"likely too {_likely_remedy(watch)}, or look at the data: imagette data show"
    )


def _how_near(
    accuracy: float, loss: float, steps: int, num_images: int, chance: Chance
) -> str | None:
    """In words, how near to chance; where its loss is not known, accuracy alone says it."""
    if chance.accuracy == 1:  # one class alone: nothing can be better
        return None
    lowest, _ = interval(round(accuracy * num_images), num_images)
    gain = (accuracy - chance.accuracy) / (1 - chance.accuracy)
    fall = 1 - loss / chance.loss if chance.loss else 0.0
    if steps >= FEWEST_STEPS and lowest <= chance.accuracy and fall <= CHANCE_MARGIN:
        return "at"
    if steps >= MANY_STEPS and gain < LITTLE and fall < LITTLE:
        return "hardly better than"
    return None


def _likely_remedy(watch: Watch) -> str:
    """A network dies of a rate too high and sleeps at one too low, and scores the same."""
    less, more = f"{watch.rate / 10:g}", f"{watch.rate * 10:g}"
    if watch.rate < watch.usual_rate:
        return f"low, take ten times as much, {more}; if that changes nothing, take {less}"
    high = f"high for batches of {watch.batch}, take a tenth, {less}{_of_sum(watch)}"
    return f"{high}; if that changes nothing, take {more}"


def _of_sum(watch: Watch) -> str:
    """A sum over the batch is a mean with the rate times the batch: then that is the reason."""
    if not watch.summed or watch.batch == 1:
        return ""
    return f", or recipe.loss.reduction = mean (a sum multiplies the rate by {watch.batch:,})"


def _unmoved_since(start: Start, checkpoint: Checkpoint, training: Training) -> str | None:
    """Judges the first checkpoint after an epoch, against where this process began."""
    position = checkpoint.position
    if position.step_in_epoch or not 1 < position.epoch <= 1 + (training.checkpoint_epochs or 1):
        return None
    trainable = [weight.name for weight in training.planner.graph.weights if weight.trainable]
    groups = training.planner.recipe.groups
    names = [name for name in trainable if not is_frozen(name, groups)]
    first, last = start.position.epoch, position.epoch - 1
    when = f"epoch {last}" if first == last else f"epochs {first} to {last}"
    still = unmoved(moving_of(start.arrays), moving_of(checkpoint.arrays), names)
    return stillness(still, names, when, training.planner.recipe.optimiser.rate)


def _dead_by(checkpoint: Checkpoint, training: Training) -> str | None:
    """Looks for dead ReLUs once something is wrong: a healthy training pays nothing for it."""
    graph, images = training.planner.graph, training.train[:PROBE].images
    weights = moving_of(checkpoint.arrays)
    dead = dead_layers(training.model, graph, weights, np.asarray(images[:]))
    when = f"epoch {max(1, checkpoint.position.epoch - 1)}"
    return deadness(dead, len(images), when, training.planner.recipe.optimiser.rate)


def _watch_of(training: Training) -> Watch:
    planner, train = training.planner, training.train
    recipe, classes = planner.recipe, planner.graph.classes
    return Watch(
        chance=chance_of(train.labels, classes, recipe.loss),
        num_classes=classes,
        num_images={"train": len(train), "validation": len(training.validation)},
        rate=recipe.optimiser.rate,
        usual_rate=type(recipe.optimiser).model_fields["rate"].default,
        batch=planner.batch,
        summed=recipe.loss.reduction == "sum",
    )
