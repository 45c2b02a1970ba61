"""Sweeps' folders, and class names of strangers wherever they are shown."""

from pathlib import Path
from typing import Any

from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.kinds.runs import other_entry, other_json

from imagette.experiment import resolved
from imagette.network import cost_table, named, to_text, walk
from imagette.store.folder import RunFolder
from imagette.sweep.events import Outcome
from imagette.sweep.folder import SweepFolder
from imagette.sweep.spec import Sweep
from imagette.sweep.trials import Trial, plan_trials

SWEEP = Sweep(title="mine", base={"network": {"name": "softmax"}}, grid={"recipe.batch": [4, 16]})


def trials() -> tuple[Trial, ...]:
    return plan_trials(SWEEP)


def make_sweep(folder: Path) -> None:
    """Two trials, of which one has ended."""
    sweep = SweepFolder.enter(folder, SWEEP, {}, 1)
    done, left = trials()
    network = named("softmax")
    cost = cost_table(walk(network, (1, 28, 28), 10)).as_json()
    for trial in (done, left):
        sweep.write_experiment(trial)
        path = sweep.run_path(trial)
        values = resolved(trial.experiment)
        RunFolder.create(folder, "x", None, values, to_text(network), cost, {}, out=path)
    run = RunFolder(sweep.run_path(done))
    run.write_evaluation("validation", {"accuracy": 0.5}, {})
    run.write_finished("all epochs are done", 1, 1, {"train_seconds": 1.0})
    sweep.record(Outcome(done.name, done.seed, run.path, "all epochs are done"))


def read_sweep(folder: Path) -> Any:
    sweep = SweepFolder.enter(folder, SWEEP, {}, 1)
    with sweep.held():
        recorded = sweep.recorded()
        ended = [sweep.finished(trial) for trial in trials()]
        resumable = [sweep.can_resume(trial) for trial in trials()]
        for trial in trials():
            sweep.write_experiment(trial)
    return recorded, ended, resumable


KINDS = (
    Kind("sweep-folder", make_sweep, read_sweep, spoils=(other_json, other_json, other_entry)),
)
