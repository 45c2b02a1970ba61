"""An experiment on another engine than the one it names, and the engine that a run has by now."""

from typing import get_args

from imagette.errors import UsageError, nearest
from imagette.experiment import Experiment
from imagette.run.engine import EngineName
from imagette.run.own import bound_to_engine
from imagette.store.folder import RunFolder

ENGINES: tuple[EngineName, ...] = get_args(EngineName)


def on_engine(experiment: Experiment, name: str) -> Experiment:
    """The experiment on the engine called `name`; the rest of `engine` stays as it is.

    Raises UsageError for an unknown engine, or if the experiment names a network, loss, optimiser
    or update of one's own, which is written for one engine.

    >>> on_engine(Experiment(), "jax").engine.name
    'jax'
    """
    if name not in ENGINES:
        raise UsageError(f"No engine is called '{name}'. {nearest(name, ENGINES)}")
    if name == experiment.engine.name:
        return experiment
    bound = bound_to_engine(experiment)
    if bound:
        raise UsageError(
            f"'{bound[0]}' is code of your own, written for {experiment.engine.name}: {name} "
            f"cannot run it. Leave the engine as it is, or write the part for {name}."
        )
    engine = experiment.engine.model_copy(update={"name": name})
    return experiment.model_copy(update={"engine": engine})


def engine_by_now(experiment: Experiment, folder: RunFolder) -> str:
    """The name of the engine that a run goes on with: as asked, or as decided on resuming."""
    decided = [row.get("value") for row in folder.decisions() if row["what"] == "engine"]
    return str(decided[-1]) if decided else experiment.engine.name
