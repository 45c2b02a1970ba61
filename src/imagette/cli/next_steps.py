"""What to do after a training: commands that work as they stand, for whoever wonders."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from imagette.cli.invocation import short
from imagette.evaluate.overfitting import overfitting
from imagette.experiment import Experiment
from imagette.run.train import Ended
from imagette.store.naming import find_run, safe_title


def next_steps(ended: Ended, words: Sequence[str] | None) -> list[str]:
    """The commands, after the program's name; `words` are those that began the training.

    Without them the run's own settings are named. Longer training is no advice for a run that
    overfits.
    """
    experiment = ended.prepared.experiment
    run = shlex.quote(_named(ended.folder.path, experiment.run.title))
    commands = [f"evaluate {run} --split train", f"describe {run}"]
    if not overfitting(ended.folder.history()):
        key, value = _longer(experiment)
        began = words or [short(ended.folder.path / "resolved.json")]
        commands.append(f"train {shlex.join(_without(began, key))} --set {key}={value}")
    if experiment.evaluation.test == "sealed":
        commands.append(f"evaluate {run} --split test --open-test   (once, at the end)")
    return commands


def _named(run: Path, title: str) -> str:
    """`runs/<title>` where that means this run, for it is shorter and can be remembered."""
    above = run.parent
    is_newest = above.name == safe_title(title) and find_run(above) == run
    return short(above if is_newest else run)


def _longer(experiment: Experiment) -> tuple[str, str]:
    """The setting that trains twice as long."""
    epochs, minutes = experiment.recipe.epochs, experiment.budget.minutes
    if isinstance(epochs, int) and minutes is None:
        return "recipe.epochs", str(2 * max(1, epochs))
    return "budget.minutes", f"{2 * (minutes or 1):g}"


def _without(words: Sequence[str], key: str) -> list[str]:
    """The words, save a `--set` of that key.

    >>> _without(["first_light", "--set", "seed=1", "--set", "recipe.epochs=2"], "recipe.epochs")
    ['first_light', '--set', 'seed=1']
    """
    kept: list[str] = []
    for word in words:
        if kept[-1:] == ["--set"] and word.partition("=")[0].strip() == key:
            kept.pop()
        else:
            kept.append(word)
    return kept
