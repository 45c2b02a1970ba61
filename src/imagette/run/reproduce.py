"""Trains a run again, from its folder alone, and compares what comes with what is on record."""

import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import Any

from imagette.arrays import Weights
from imagette.errors import UsageError
from imagette.experiment import Experiment
from imagette.run.begin import make_folder, weights_to_begin
from imagette.run.checks import check_together
from imagette.run.evaluate import check_same_data, trusted_experiment
from imagette.run.keep import plans_of
from imagette.run.on_engine import engine_by_now
from imagette.run.origin import origin_of, read_origin
from imagette.run.own import sources_of
from imagette.run.prepare import Prepared, prepare
from imagette.run.train import RunEvent, RunEvents, train_prepared, with_decisions
from imagette.store.checkpoint import STATE, WEIGHTS
from imagette.store.folder import RunFolder
from imagette.store.provenance import environment
from imagette.train.events import Checkpoint, EpochRow, Finished, Stop
from imagette.train.loop import Start

# What of `environment.json` may move bits; a command, a time and a path cannot.
MAY_MOVE_BITS = (
    *("imagette", "python", "numpy", "torch", "jax", "jaxlib", "optax"),
    *("platform", "processor", "cores", "device", "commit"),
)
FILES = {WEIGHTS: "weights", STATE: "the optimiser's state"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two trainings of one run first part: the epoch, what of it, and both values."""

    epoch: int
    field: str
    then: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What was compared, and the first difference, with what may be its reason; None: the same."""

    run: Path
    again: Path  # the folder of the second training
    rows: int  # of history
    checkpoints: tuple[int, ...]  # steps whose weights and optimiser's state were compared
    difference: Difference | None
    reasons: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "run": str(self.run), "again": str(self.again)}


Reproducing = Generator[RunEvent, Stop | None, Reproduction]


def reproduce(
    run: Path | str,
    out: Path,
    steps: int | None = None,
    data_dir: Path | None = None,
    trust: bool = False,
) -> Reproducing:
    """Trains a run again into the new folder `out`, as far as it went, and compares bit for bit.

    Hands on the events of the training; returns the Reproduction. It ends at the first difference,
    or after the epoch that holds step number `steps`, for history has a row an epoch. What the run
    decided from measurements is repeated. Raises UsageError for a run that cannot be repeated.
    """
    began, then = perf_counter(), RunFolder.open(Path(run))
    experiment = _as_it_was(trusted_experiment(then, trust), then)
    prepared = prepare(experiment, data_dir, then.source)
    check_same_data(then, prepared.dataset)
    weights = _first_weights(then, prepared)
    now = make_folder(prepared, weights, sources_of(experiment, then.source), out=out)
    remarks, start = check_together(prepared), Start(weights, plans=plans_of(then))
    events = train_prepared(prepared, now, start, remarks, began, (data_dir, then.source))
    compared = yield from _followed(events, _Compared(then, now), _last_step(then, steps))
    found = compared.difference
    reasons = _reasons(then.environment(), prepared) if found else ()
    return Reproduction(then.path, now.path, compared.rows, compared.steps, found, reasons)


@dataclass(frozen=True)
class _Compared:
    """How far two folders were compared, and the first difference."""

    then: RunFolder
    now: RunFolder
    rows: int = 0
    steps: tuple[int, ...] = ()
    difference: Difference | None = None

    def after(self, event: RunEvent) -> "_Compared":
        """What an event brings is in the folder `now` already."""
        match event:
            case _ if self.difference:
                return self
            case EpochRow(figures):
                found = _difference_of_rows(self.then.history()[self.rows : self.rows + 1], figures)
                return replace(self, rows=self.rows + 1, difference=found)
            case Checkpoint(position) if position.step in self.then.checkpoints.steps():
                return self._after_checkpoint(position.step)
            case Finished(complete=True, epochs=epochs) if self.rows < len(self.then.history()):
                asked = Difference(ceil(epochs), "epochs", len(self.then.history()) - 1, epochs)
                return replace(self, difference=asked)
        return self

    def _after_checkpoint(self, step: int) -> "_Compared":
        then, now = (folder.load(step).meta["digests"] for folder in (self.then, self.now))
        epoch = self.rows - 1
        parted = (
            Difference(epoch, f"{name} after step {step}", then[file], now[file])
            for file, name in FILES.items()
            if then[file] != now[file]
        )
        return replace(self, steps=(*self.steps, step), difference=next(parted, None))


def _followed(
    events: RunEvents, compared: _Compared, last_step: int | None
) -> Generator[RunEvent, Stop | None, _Compared]:
    """Hands on the events, and asks for an end once there is nothing more to compare."""
    event = next(events)
    while True:
        stop = yield event
        compared = compared.after(event)
        if compared.difference or _is_over(event, last_step):
            stop = Stop("nothing more to compare")
        try:
            event = events.send(stop)
        except StopIteration:
            return compared


def _is_over(event: RunEvent, last_step: int | None) -> bool:
    return (
        last_step is not None and isinstance(event, EpochRow) and event.figures["step"] >= last_step
    )


def _last_step(then: RunFolder, steps: int | None) -> int | None:
    """Where to end; None: where the training itself does."""
    history = then.history()
    if not history:
        raise UsageError(f"{then.path} has no row of history yet: there is nothing to compare.")
    last = None if then.finished() else int(history[-1]["step"])
    return last if steps is None else min(steps, int(history[-1]["step"]))


def _as_it_was(experiment: Experiment, then: RunFolder) -> Experiment:
    """With the run's decisions, its plans in the place of a time budget, and no tracker."""
    if engine_by_now(experiment, then) != experiment.engine.name:
        raise UsageError(
            f"{then.path} was begun on {experiment.engine.name} and went on with another engine: "
            "such a run cannot be repeated bit for bit. Reproduce one that had one engine."
        )
    budget = experiment.budget.model_copy(update={"minutes": None})
    recipe = experiment.recipe.model_copy(update={"epochs": experiment.recipe.most_epochs})
    untold = experiment.run.model_copy(update={"track": ()})
    changes = {"budget": budget, "recipe": recipe, "run": untold}
    return with_decisions(experiment.model_copy(update=changes), then)


def _first_weights(then: RunFolder, prepared: Prepared) -> Weights:
    """Made again from the seed; those that came from elsewhere, as this one kept them."""
    origin = then.environment().get("from")
    if origin is None:
        return weights_to_begin(prepared, None)
    if 0 in then.checkpoints.steps():
        return then.load(0).weights
    given = read_origin(origin_of(origin))
    if given.account.get("sha256") != origin.get("sha256"):
        raise UsageError(
            f"{origin['file']} is not the file that {then.path} began with (sha256 differs): put "
            "the old one back."
        )
    return weights_to_begin(prepared, given)


def _difference_of_rows(then: list[dict[str, Any]], now: Mapping[str, Any]) -> Difference | None:
    """The first field of an epoch's row that is not the same, to the last bit."""
    epoch = int(now["epoch"])
    if not then:
        return Difference(epoch, "epochs", epoch - 1, epoch)
    (row,) = then
    parted = (
        Difference(epoch, field, row.get(field), now.get(field))
        for field in dict.fromkeys([*row, *now])
        if json.dumps(row.get(field)) != json.dumps(now.get(field))
    )
    return next(parted, None)


def _reasons(then: Mapping[str, Any], prepared: Prepared) -> tuple[str, ...]:
    """What is not as it was, and may have moved bits."""
    now = {**environment(), "device": prepared.model.device}
    engine = prepared.experiment.engine.name
    other = {"torch": {"jax", "jaxlib", "optax"}, "jax": {"torch"}}[engine]
    changed = (key for key in MAY_MOVE_BITS if key not in other and then.get(key) != now.get(key))
    return tuple(f"{key} was {then.get(key)} and is {now.get(key)}" for key in changed)
