import json
import shutil

import pytest

from imagette.sweep.events import Waiting
from imagette.sweep.run import run_sweep
from imagette.sweep.spec import Sweep
from imagette.sweep.trials import plan_trials

BASE = {
    "data": {"limit": 200},
    "network": {"text": "flatten\nlinear 8\nrelu\nlinear classes"},
    "recipe": {"epochs": 1, "batch": 50},
}


@pytest.fixture(scope="session")
def tiny():
    """A sweep of trials of a second each on the embedded sample, without changes of its own."""

    def make(**parts):
        return Sweep(**{"title": "tiny", "base": BASE, **parts})

    return make


@pytest.fixture
def out(tmp_path):
    """Where the sweeps of a test go."""
    return tmp_path / "tiny"


@pytest.fixture
def swept(out):
    """Runs a sweep to its end and returns its events, without those that only pass time."""

    def run(sweep, **options):
        events = run_sweep(sweep, plan_trials(sweep), **{"out": out, **options})
        return [event for event in events if not isinstance(event, Waiting)]

    return run


@pytest.fixture(scope="session")
def one_finished(tiny, tmp_path_factory):
    out = tmp_path_factory.mktemp("sweeps") / "tiny"
    list(run_sweep(tiny(), plan_trials(tiny()), out=out))
    return out


@pytest.fixture
def finished(one_finished, out):
    """The folder of `tiny()`, finished by one worker: a copy for this test alone."""
    shutil.copytree(one_finished, out)
    return out


@pytest.fixture
def rows(out):
    """The rows of the sweep's `trials.jsonl`."""

    def read():
        return [json.loads(line) for line in (out / "trials.jsonl").read_text().splitlines()]

    return read
