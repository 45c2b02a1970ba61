"""The trials of a sweep: each a name, a seed, its own settings and a checked experiment."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain, product
from typing import Any

from imagette.data.sources import NAMED
from imagette.errors import UsageError
from imagette.experiment import Experiment, check, network_of, resolved
from imagette.network import walk
from imagette.plain import short
from imagette.run.naming import short_keys, value_names
from imagette.settings import put_setting
from imagette.sweep.code import located
from imagette.sweep.naming import folder_names
from imagette.sweep.settings import applied
from imagette.sweep.spec import Sweep

MAX_TRIALS = 1_000  # that are made without a word of consent
MAX_PROBLEMS = 10  # told at once; a grid may repeat the same kind of mistake a thousand times


@dataclass(frozen=True)
class Trial:
    """One experiment of a sweep. `folder` is where its run goes, below the sweep's folder."""

    name: str
    seed: int
    settings: Mapping[str, Any]  # what this trial has of its own: not `set`, not the seed
    experiment: Experiment
    folder: str


@dataclass(frozen=True)
class Change:
    """One choice of each part of the sweep: the words of its name, and settings to lay over.

    They are laid over all at once: what says an optimiser anew drops what the base said of it, and
    nothing that another part says.
    """

    words: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return ", ".join(self.words) or "base"


def plan_trials(sweep: Sweep, most: int | None = MAX_TRIALS) -> tuple[Trial, ...]:
    """All trials, in order, the seeds of each together; nothing runs and no data are opened.

    Raises UsageError where they are more than `most`, before any is made, and with all problems of
    all trials at once. The network is walked where the set's name tells the size of its pictures.

    >>> sweep = Sweep(title="t", base={}, grid={"recipe.batch": [4, 16]}, seeds=2)
    >>> [(trial.name, trial.seed, trial.folder) for trial in plan_trials(sweep)][1:3]
    [('batch=4', 1, 'batch-4/seed-1'), ('batch=16', 0, 'batch-16/seed-0')]
    """
    if most is not None and sweep.num_trials > most:
        raise UsageError(f"{sweep.title} asks for {counted(sweep)}; more than {most:,} need --yes.")
    changes = [_joined(chosen) for chosen in product(*_parts(sweep))]
    folders = folder_names([change.name for change in changes])
    experiments = _checked(sweep, changes)
    return tuple(
        Trial(
            name=change.name,
            seed=seed,
            settings=change.settings,
            experiment=experiment.model_copy(update={"seed": seed}),
            folder=f"{folder}/seed-{seed}",
        )
        for change, experiment, folder in zip(changes, experiments, folders, strict=True)
        for seed in sweep.all_seeds
    )


def counted(sweep: Sweep) -> str:
    """The number of trials and the product that makes it, as text; none is made.

    >>> counted(Sweep(title="t", base={}, grid={"recipe.batch": [4, 16]}, seeds=3))
    '6 trials = 2 recipe.batch x 3 seeds'
    """
    *changes, (_, num_seeds) = sweep.factors.items()
    factors = [f"{number:,} {part}" for part, number in changes]
    factors.append(f"{num_seeds:,} seed{'s' * (num_seeds != 1)}")
    return f"{sweep.num_trials:,} trial{'s' * (sweep.num_trials != 1)} = {' x '.join(factors)}"


def _parts(sweep: Sweep) -> Iterator[list[Change]]:
    """The choices of each part that is there: variants first in a name, then the axes."""
    names = short_keys([*sweep.grid, *sweep.pairs])
    if sweep.variants:
        yield [Change((name,), settings) for name, settings in sweep.variants.items()]
    for key, values in sweep.grid.items():
        yield list(_along(key, names[key], values))
    if sweep.pairs:
        columns = [_along(key, names[key], values) for key, values in sweep.pairs.items()]
        yield [_joined(row) for row in zip(*columns, strict=True)]
    if sweep.ablate:
        without = [Change((f"without {name}",), s) for name, s in sweep.ablate.items()]
        yield [Change(("all",)), *without]


def _along(key: str, name: str, values: Sequence[Any]) -> Iterator[Change]:
    for text, value in zip(value_names(values), values, strict=True):
        yield Change((f"{name}={text}",), {key: value})


def _joined(changes: Sequence[Change]) -> Change:
    return Change(
        tuple(chain.from_iterable(change.words for change in changes)),
        dict(chain.from_iterable(change.settings.items() for change in changes)),
    )


def _checked(sweep: Sweep, changes: Sequence[Change]) -> list[Experiment]:
    """The experiment of each change, of the first seed, or all that is wrong with any of them."""
    # Resolved first, so that a setting also reaches under what the base leaves to its default.
    base = resolved(check(sweep.base, f"the base of {sweep.title}"))
    experiments: list[Experiment] = []
    found: dict[str, list[str]] = {}  # the problem to the trials that have it
    for change in changes:
        try:
            experiments.append(_experiment(base, sweep, change))
        except UsageError as error:
            found.setdefault(_after_name(str(error), change.name), []).append(change.name)
    if found:
        raise UsageError(_told(found, sweep.title, len(changes)))
    return experiments


def _experiment(base: Mapping[str, Any], sweep: Sweep, change: Change) -> Experiment:
    own = {"run.title": f"{sweep.title}: {change.name}", "seed": sweep.all_seeds[0]}
    settings = {**sweep.set, **change.settings, **own}
    experiment = check(applied(base, settings), change.name)
    _check_none_is_lost(experiment, settings, change.name)
    experiment = located(experiment, sweep.folders)
    known, spec = NAMED.get(experiment.data.name), experiment.network
    if known and (spec.name or spec.text or spec.layers):
        height, width, channels = known.shape
        walk(network_of(spec), (channels, height, width), len(known.class_names))
    return experiment


def _check_none_is_lost(experiment: Experiment, settings: Mapping[str, Any], name: str) -> None:
    """A trial trains what its settings say: said again, each changes nothing."""
    found = resolved(experiment)
    again = deepcopy(found)
    for key, value in settings.items():
        put_setting(again, key, value)
    if resolved(check(again, name)) != found:
        raise UsageError(f"{name}: its settings contradict each other: {', '.join(settings)}.")


def _after_name(problem: str, name: str) -> str:
    """What is said of a trial, without its name, so that trials with one problem meet."""
    said_by_name = problem.startswith((f"{name}: ", f"{name} has "))
    return problem.removeprefix(name) if said_by_name else f": {problem}"


def _told(problems: Mapping[str, Sequence[str]], title: str, num_trials: int) -> str:
    lines = [
        "  " + f"{_listed(trials)}{problem}".replace("\n", "\n  ")
        for problem, trials in problems.items()
    ]
    hidden = len(lines) - MAX_PROBLEMS
    more = [f"  and {hidden:,} more problems"] if hidden > 0 else []
    failing = len({trial for trials in problems.values() for trial in trials})
    head = f"{title}: {failing:,} of {num_trials:,} trials cannot run, so none does:"
    return "\n".join([head, *lines[:MAX_PROBLEMS], *more])


def _listed(trials: Sequence[str]) -> str:
    others = len(trials) - 1
    first = short(trials[0])
    return first if not others else f"{first} and {others:,} other{'s' * (others > 1)}"
