"""Code of one's own that an experiment names: found, run, copied into the run, found again there.

Pointers are looked for beside the experiment's file; in a run, among the copies in `source/`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from imagette.data.spec import OWN
from imagette.engines.own import Own, OwnParts, Part
from imagette.errors import UsageError
from imagette.experiment import Experiment
from imagette.machine import threads_for
from imagette.network.graph import Shape
from imagette.pointers import call_pointer, parameters_of, resolve_pointer, source_of_pointer
from imagette.recipe.own import OwnLoss, OwnOptimiser, OwnUpdate
from imagette.run.engine import engine_of

Sources = Mapping[str, bytes]

LIVE = "live:"
"""What the pointers of a run begin with that was made from objects in memory, not from files."""


def bound_to_engine(experiment: Experiment) -> tuple[str, ...]:
    """The pointers to code that computes with an engine's own arrays, which no other can run.

    Data sets and metrics of one's own see NumPy arrays, whatever the engine.
    """
    recipe = experiment.recipe
    named = [experiment.network.python]
    named += [part.python for part in (recipe.loss, recipe.optimiser) if hasattr(part, "python")]
    named += [recipe.update.python] if recipe.update else []
    return tuple(pointer for pointer in named if pointer)


def pointers_of(experiment: Experiment) -> tuple[str, ...]:
    """Every "module:name" that the experiment holds, each once."""
    data = experiment.data
    of_data = [pointer for pointer in (data.python, data.collate) if pointer]
    metrics = [metric for metric in experiment.evaluation.metrics if ":" in metric]
    return tuple(dict.fromkeys([*bound_to_engine(experiment), *of_data, *metrics]))


def sources_of(experiment: Experiment, base: Path | None) -> dict[str, bytes]:
    """The files behind the pointers, by name. Raises UsageError where two have one name."""
    found: dict[str, bytes] = {}
    for pointer in pointers_of(experiment):
        source = source_of_pointer(pointer, base)
        if source is None:
            continue
        name, content = source
        if found.setdefault(name, content) != content:
            raise UsageError(f"Two files of this experiment are called {name}: rename one.")
    return found


def relocated(experiment: Experiment) -> Experiment:
    """The experiment with its files named as they are called in the run's `source/`."""
    return renamed(experiment, {name: _file_alone(name) for name in pointers_of(experiment)})


def renamed(experiment: Experiment, pointers: Mapping[str, str]) -> Experiment:
    """The experiment with other pointers for its own; the name of a data set goes with them."""
    names = {f"{OWN}{pointer}": f"{OWN}{other}" for pointer, other in pointers.items()}
    return Experiment.model_validate(_replaced(experiment.model_dump(), {**pointers, **names}))


def own_of(experiment: Experiment, input_shape: Shape, base: Path | None) -> Own | None:
    """What the experiment names, made ready by its engine; None if it names none."""
    recipe, network = experiment.recipe, experiment.network
    loss, optimiser, update = recipe.loss, recipe.optimiser, recipe.update
    if not bound_to_engine(experiment):
        return None
    engine = engine_of(experiment.engine.name)
    engine.begin(experiment.engine.num_threads or threads_for(recipe.batch))
    parts = OwnParts(
        seed=experiment.seed,
        input_shape=input_shape,
        network=_maker(network.python, network.args, base) if network.python else None,
        loss=_part(loss, base) if isinstance(loss, OwnLoss) else None,
        optimiser=_maker(optimiser.python, optimiser.args, base)
        if isinstance(optimiser, OwnOptimiser)
        else None,
        update=_part(update, base) if update else None,
    )
    return engine.own_of(parts)


def _maker(pointer: str, args: Mapping[str, Any], base: Path | None) -> Part:
    """What makes a network or an optimiser: its mistakes are told in one line."""
    return Part(
        f"'{pointer}'",
        lambda *given, **offered: call_pointer(pointer, args, base, given, offered),
        lambda: [name for name in parameters_of(pointer, base) if name not in args],
    )


def _part(spec: OwnLoss | OwnUpdate, base: Path | None) -> Part:
    return Part(f"'{spec.python}'", _function(spec.python, spec.args, base))


def metric_of(pointer: str, base: Path | None) -> Callable[..., Any]:
    """A metric of one's own: (logits [N,K], labels [N]) to a number."""
    return _function(pointer, {}, base)


def _function(pointer: str, args: Mapping[str, Any], base: Path | None) -> Callable[..., Any]:
    found = resolve_pointer(pointer, base)
    if not callable(found):
        raise UsageError(f"'{pointer}' must be a function. Got a {type(found).__name__}.")
    return partial(found, **args) if args else found


def _file_alone(pointer: str) -> str:
    place, _, name = pointer.rpartition(":")
    return f"{Path(place).name}:{name}" if place.endswith(".py") else pointer


def _replaced(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(inner, names) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_replaced(inner, names) for inner in value)
    return names.get(value, value) if isinstance(value, str) else value
