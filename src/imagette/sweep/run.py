"""Runs a sweep: every trial an ordinary run in a process of its own, several at a time."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from imagette.data.dataset import open_data
from imagette.errors import ImagetteError, UsageError
from imagette.machine import usable_cores
from imagette.sweep.child import Child, start
from imagette.sweep.code import digests_of
from imagette.sweep.events import (
    Begun,
    Outcome,
    Started,
    SweepEnded,
    SweepEvent,
    TrialEnded,
    Waiting,
)
from imagette.sweep.folder import SweepFolder, default_path
from imagette.sweep.spec import Sweep
from imagette.sweep.trials import Trial
from imagette.train.events import Stop

PAUSE_SECONDS = 0.1  # between two looks at the processes
PATIENCE_SECONDS = 60.0  # that a child is given to save itself where the sweep itself failed

SweepEvents = Generator[SweepEvent, Stop | None, None]


def run_sweep(
    sweep: Sweep,
    trials: Sequence[Trial],
    *,
    workers: int | None = None,
    out: Path | None = None,
) -> SweepEvents:
    """Runs the trials of `plan_trials(sweep)` into one folder, yielding what happens.

    The first event is `Begun`, the last `SweepEnded`. Trials that have finished there are passed
    over, those that stopped or failed go on from their last checkpoint. `workers` processes train
    at a time, by default one a core; more than one train with a single thread each. Sent a `Stop`,
    it lets them save and ends. Raises UsageError for a folder that holds anything else.
    """
    workers = _workers(workers, len(trials))
    _open_each_set(trials)
    path = out or default_path(trials, sweep)
    sources = digests_of(trial.experiment for trial in trials)
    folder = SweepFolder.enter(path, sweep, sources, threads=1 if workers > 1 else None)
    with folder.held() as lock:
        outcomes = _finished_before(folder, trials)
        finished = tuple(outcomes.values())
        yield Begun(folder.path, len(trials), finished, workers, folder.threads)
        queue = deque(trial for trial in trials if trial.folder not in outcomes)
        yield from _worked(folder, queue, workers, lock, outcomes)
        found = tuple(outcomes[t.folder] for t in trials if t.folder in outcomes)
        yield SweepEnded(found, complete=len(found) == len(trials))


def _worked(
    folder: SweepFolder,
    queue: deque[Trial],
    workers: int,
    lock: int,
    outcomes: dict[str, Outcome],
) -> Generator[SweepEvent, Stop | None, None]:
    """Empties the queue into `outcomes`, or as much of it as there is time for before a `Stop`."""
    stop: Stop | None = None
    with _children() as running:
        told = False
        while running or (queue and not stop):
            while queue and len(running) < workers and not stop:
                stop = (yield _start(folder, queue.popleft(), lock, running)) or stop
            stop = (yield Waiting(tuple(child.trial for child in running), len(outcomes))) or stop
            if stop and not told:
                for child in running:
                    child.interrupt()
                told = True
            sleep(PAUSE_SECONDS)
            for child in [child for child in running if child.exit_code is not None]:
                running.remove(child)
                outcome = _judged(folder, child)
                child.end()
                if outcome.finished or not stop:  # what we stopped ourselves did not fail
                    folder.record(outcome)
                    outcomes[child.trial.folder] = outcome
                    stop = (yield TrialEnded(outcome)) or stop


def _start(folder: SweepFolder, trial: Trial, lock: int, running: list[Child]) -> Started:
    experiment = folder.write_experiment(trial)
    resumed = folder.can_resume(trial)
    running.append(start(trial, experiment, folder.run_path(trial), resumed, lock))
    return Started(trial, resumed)


def _judged(folder: SweepFolder, child: Child) -> Outcome:
    """What its run says; only a run that is not whole is judged by how the process ended."""
    trial = child.trial
    try:
        finished = folder.finished(trial)
        reason = child.reason()
    except ImagetteError as error:
        finished, reason = None, str(error)
    if finished:
        return finished
    failure = child.exit_code or 1
    return Outcome(trial.name, trial.seed, folder.run_path(trial), reason, failure)


def _finished_before(folder: SweepFolder, trials: Sequence[Trial]) -> dict[str, Outcome]:
    """The outcomes of trials that are whole already, by folder; their rows are made up for."""
    recorded = folder.recorded()
    found = {}
    for trial in trials:
        try:
            outcome = folder.finished(trial)
        except ImagetteError:
            continue  # a damaged run: its trial is started again, and its end will say so
        if outcome:
            found[trial.folder] = outcome
            if (trial.name, trial.seed) not in recorded:
                folder.record(outcome)
    return found


@contextmanager
def _children() -> Iterator[list[Child]]:
    """The processes that run; whatever happens inside, none is left behind.

    They may save themselves, but where Ctrl-C was pressed again.
    """
    running: list[Child] = []
    try:
        yield running
    except KeyboardInterrupt:
        for child in running:
            child.end()
        raise
    finally:
        for child in running:
            child.interrupt()
        for child in running:
            child.end(PATIENCE_SECONDS)


def _workers(asked: int | None, num_trials: int) -> int:
    if asked is not None and asked < 1:
        raise UsageError(f"--workers must be a number from 1. Got {asked}.")
    return min(asked or usable_cores(), num_trials)


def _open_each_set(trials: Sequence[Trial]) -> None:
    """So that what is missing is told before anything runs, and fetched and cached once."""
    specs = [trial.experiment.data for trial in trials]
    for spec in {spec.model_dump_json(): spec for spec in specs}.values():
        open_data(spec)
