"""What every framework shares of a recipe: its numbers, schedule and augmentation, in NumPy."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from textwrap import fill, indent
from typing import Any

from imagette.data.augment import Cutout, Flip, Shift
from imagette.export.source.expression import number_text
from imagette.export.source.layout import INDENT, WIDTH
from imagette.export.source.library import piece
from imagette.recipe.averaging import Lookahead
from imagette.recipe.initial import Initial
from imagette.recipe.losses import OfImages
from imagette.recipe.optimisers import SGD, Adam, AdamW, Muon, RMSprop, movers
from imagette.recipe.own import OwnLoss, OwnOptimiser, OwnUpdate
from imagette.recipe.recipe import Recipe
from imagette.recipe.schedules import Constant, Cosine, OneCycle, Schedule, Steps


@dataclass(frozen=True, slots=True)
class Training:
    """A recipe as far as a file of its own can follow it, and what of it that leaves out."""

    recipe: Recipe
    augment: tuple[Any, ...]
    left_out: tuple[str, ...]
    number_of_steps: int  # that the run took
    seed: int

    @property
    def scheduled(self) -> bool:
        """Whether the rate changes on the way."""
        schedule = self.recipe.schedule
        return not isinstance(schedule, Constant) or schedule.warmup > 0

    @property
    def warms_up(self) -> bool:
        return self.recipe.schedule.warmup > 0


AUGMENTATIONS = (Flip, Shift, Cutout)


def training_of(recipe: Recipe, number_of_steps: int, seed: int) -> Training | None:
    """None for a recipe that is partly code of one's own, which no other file can hold."""
    if own_parts(recipe):
        return None
    left_out = [
        f"the augmentation {spec.name}"
        for spec in recipe.augment
        if not isinstance(spec, AUGMENTATIONS)
    ]
    if recipe.sizes:
        left_out.append("the smaller pictures at the beginning (sizes)")
    if recipe.accumulate > 1:
        left_out.append(
            f"the {recipe.accumulate} parts of a batch, here taken at once (accumulate)"
        )
    if recipe.stopping and recipe.stopping.action == "stop":
        left_out.append(f"the early end by {recipe.stopping.figure} (stopping)")
    averaging = recipe.averaging
    if isinstance(averaging, Lookahead) and averaging.ramp and recipe.schedule.warmup:
        left_out.append("the ramp of lookahead")
    if recipe.whitening:
        left_out.append(f"the whitening of {recipe.whitening.layer} before the first step")
    augment = tuple(spec for spec in recipe.augment if isinstance(spec, AUGMENTATIONS))
    return Training(recipe, augment, tuple(left_out), number_of_steps, seed)


def initialises(initial: Initial) -> bool:
    """Whether first values are others than those that PyTorch's layers draw."""
    return initial.name != "default" or initial.zero_last_norm


def own_parts(recipe: Recipe) -> list[str]:
    """What of a recipe is code of one's own."""
    parts = {"loss": recipe.loss, "optimiser": recipe.optimiser, "update": recipe.update}
    return [
        f"{name} {part.python}"
        for name, part in parts.items()
        if isinstance(part, OwnLoss | OwnOptimiser | OwnUpdate)
    ]


def constants(training: Training) -> list[str]:
    """The numbers of the recipe, a line each."""
    recipe, optimiser = training.recipe, training.recipe.optimiser
    lines = [f"SEED = {training.seed}"]
    if recipe.epochs == "budget":
        lines.append(
            f"STEPS = {number_text(training.number_of_steps)}  # in the time that was given"
        )
    else:
        lines.append(f"EPOCHS = {number_text(recipe.epochs)}")
    if recipe.batch != "all":
        lines.append(f"BATCH = {number_text(recipe.batch)}")
    lines.append(f"RATE = {number_text(optimiser.rate)}")
    if training.warms_up:
        lines.append(f"WARMUP = {number_text(recipe.schedule.warmup)}  # epochs")
    if isinstance(recipe.loss, OfImages) and isinstance(recipe.loss.class_weights, tuple):
        lines.append(f"CLASS_WEIGHTS = [{', '.join(map(repr, recipe.loss.class_weights))}]")
    if recipe.groups:
        lines.append(_groups(recipe))
    return lines


def _groups(recipe: Recipe) -> str:
    rows = [f"    ({_quoted(one.match)}, {one.rate!r}, {one.decay!r})," for one in recipe.groups]
    about = "# (weights, factor of the rate, decay or None for the usual one); the first counts"
    return "\n".join([about, "GROUPS = [", *rows, "]"])


def group_function(recipe: Recipe) -> str:
    return piece("numpy_code", "group_of") if recipe.groups else ""


def schedule_function(training: Training) -> str:
    """The factor of the rate at each step; empty where it is always 1."""
    if not training.scheduled:
        return ""
    about, lines, shape = _schedule(training.recipe.schedule)
    if not training.warms_up:
        return "\n".join(
            [
                "def rate_factors(num_steps: int) -> NDArray[np.float64]:",
                *_docstring(f"What multiplies the rate at each step: {about}."),
                "    progress = np.arange(num_steps) / num_steps",
                *lines,
                f"    return {shape}",
            ]
        )
    then = f", then {about}" if shape else ""
    rise = "np.minimum(1, (steps + 1) / (warmup + 1))"
    if shape:
        after = "    progress = np.maximum(0, steps - warmup) / max(1, num_steps - warmup)"
        lines = [after, *lines]
    return "\n".join(
        [
            "def rate_factors(num_steps: int, steps_per_epoch: int) -> NDArray[np.float64]:",
            *_docstring(f"What multiplies the rate at each step: a linear rise{then}."),
            "    steps = np.arange(num_steps)",
            "    warmup = min(num_steps, round(WARMUP * steps_per_epoch))",
            f"    {'rise =' if shape else 'return'} {rise}",
            *lines,
            *([f"    return rise * {shape}"] if shape else []),
        ]
    )


def _docstring(text: str) -> list[str]:
    return indent(fill(f'"""{text}"""', WIDTH - len(INDENT)), INDENT).splitlines()


def _schedule(schedule: Schedule) -> tuple[str, list[str], str]:
    """In words, and as code: lines, and an expression of `progress`; nothing for a constant."""
    if isinstance(schedule, Steps):
        ends = [round(end, 9) for end in accumulate(schedule.shares)][:-1]
        factors = ", ".join(map(repr, schedule.factors))
        place = f'np.searchsorted({ends}, progress + 1e-9, side="right")'
        return "plateaus", [f"    plateau = {place}"], f"np.array([{factors}])[plateau]"
    if isinstance(schedule, Cosine):
        half = "0.5 * (1 + np.cos(np.pi * progress))"
        if schedule.final == 0:
            return "half a cosine from 1 down to 0", [], half
        final = number_text(schedule.final)
        about = f"half a cosine from 1 down to {final}"
        return about, [], f"({final} + (1 - {final}) * {half})"
    if isinstance(schedule, OneCycle):
        about = f"straight up for {schedule.peak:.0%} of the steps, then straight down"
        points = f"[0, {schedule.peak!r}, 1], [{schedule.start!r}, 1, {schedule.final!r}]"
        return about, [], f"np.interp(progress, {points})"
    return "", [], ""


def augment_functions(training: Training) -> list[str]:
    """The augmentations and `augment`, which applies them; nothing where there are none."""
    if not training.augment:
        return []
    calls = [_augment_call(spec) for spec in training.augment]
    lines = [f"    images = {call}" for call in calls[:-1]]
    names = dict.fromkeys(spec.name for spec in training.augment)
    return [
        *(piece("numpy_code", name) for name in names),
        "\n".join(
            [
                "def augment(images: Images, draws: np.random.Generator) -> Images:",
                '    """What is trained on in place of these images, anew in every epoch."""',
                *lines,
                f"    return {calls[-1]}",
            ]
        ),
    ]


def _augment_call(spec: Any) -> str:
    options: dict[str, Any] = {}
    if isinstance(spec, Flip):
        options = {} if spec.share == 0.5 else {"share": spec.share}
    elif isinstance(spec, Shift):
        options = {"pixels": spec.pixels}
        options |= {"edge": "reflect"} if spec.edge == "reflect" else {}
    elif isinstance(spec, Cutout):
        options = {"size": spec.size} | ({"fill": spec.fill} if spec.fill else {})
    words = "".join(f", {key}={_quoted(value)}" for key, value in options.items())
    return f"{spec.name}(images, draws{words})"


def _quoted(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else number_text(value)


def batches_function(training: Training) -> str:
    text = piece("numpy_code", "batches")
    if training.recipe.batch != "all":
        return text
    head = text.splitlines()[0]
    about = '    """All images in one batch, in a new order."""'
    return "\n".join([head, about, "    return [draws.permutation(num_images)]"])


OPTIMISER_NAMES: dict[type, str] = {
    SGD: "SGD",
    Adam: "Adam",
    AdamW: "AdamW",
    RMSprop: "RMSprop",
    Muon: "Muon",
}


def in_words(recipe: Recipe) -> str:
    """The recipe in half a line, for the head of the file."""
    parts = [OPTIMISER_NAMES[type(one)] for one in movers(recipe.optimiser)]
    number = recipe.epochs
    epochs = "1 epoch" if number == 1 else f"{number} epochs"
    epochs = "the time given" if number == "budget" else epochs
    batch = "all images" if recipe.batch == "all" else f"batches of {recipe.batch}"
    return f"{' and '.join(parts)}, {epochs}, {batch}"


def as_sentence(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
