"""A trial told to stop where Ctrl-C is ignored, as it is in a script's background job."""

import signal

import pytest

from imagette.store.folder import RunFolder
from imagette.sweep.child import start
from imagette.sweep.trials import plan_trials


@pytest.fixture
def child(tiny, tmp_path):
    """A trial that would train for hours."""
    (trial,) = plan_trials(tiny(set={"recipe.epochs": 100_000}))
    experiment = tmp_path / "trial.json"
    experiment.write_text(trial.experiment.model_dump_json())
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with (tmp_path / "lock").open("w") as lock:
            started = start(trial, experiment, tmp_path / "run", False, lock.fileno())
        yield started
        started.end()
    finally:
        signal.signal(signal.SIGINT, before)


def test_before_it_listens_it_is_ended(child):
    child.interrupt()
    assert child.process.wait(60) == -signal.SIGTERM


def test_once_it_trains_it_saves_and_says_that_it_can_go_on(child, tmp_path):  # 004-32
    run = RunFolder(tmp_path / "run")
    while not run.checkpoints.steps()[-1:] > (0,):
        assert child.exit_code is None, child.reason()
    child.interrupt()
    assert child.process.wait(60) == 75
    assert run.finished() is None
    assert run.load("last").step > 0
