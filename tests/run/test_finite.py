"""Numbers that are none: in which step, in which node, and what is kept. On both engines."""

import re
from pathlib import Path

import pytest

from imagette.errors import TrainingError
from imagette.run.train import resume, train_experiment
from imagette.store.folder import RunFolder

ENGINES = ("torch", "jax")


def broken(experiment, **changes):
    """Trains until it fails; the error's text and the run."""
    chosen = experiment(**changes)
    with pytest.raises(TrainingError) as refused:
        list(train_experiment(chosen))
    (run,) = (path.parent for path in chosen_runs(chosen))
    return str(refused.value), RunFolder.open(run)


def chosen_runs(chosen):
    return Path(chosen.run.folder).rglob("environment.json")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("rate", "where"),
    [
        (3e38, r"step 1 \(epoch 1\): \w+\.weight became -?(inf|nan) in step 0, its gradient or "),
        (1e30, r"step 1 \(epoch 1\): \w+ \(F\d, \w+\) is the first to give -?(inf|nan)\. Lower"),
    ],
)
def test_the_step_and_the_weight_or_the_node_are_named(experiment, engine, rate, where):
    # 003-T1
    summed = {"name": "cross_entropy", "reduction": "sum"}  # of 16 gradients, for they are large
    sgd = {"name": "sgd", "rate": rate}
    recipe = {"optimiser": sgd, "batch": 16, "augment": [], "loss": summed}
    told, run = broken(experiment, engine={"name": engine}, recipe=recipe)
    assert "\n" not in told
    assert re.search(where, told), told
    assert "the last good checkpoint is kept" in told
    assert run.load("last").step == 0
    assert run.last_log_line() == f"failed: {told}"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_failed_says_the_same_when_it_goes_on(experiment, engine):
    recipe = {"optimiser": {"name": "sgd", "rate": 1e30}, "batch": 16, "augment": []}
    told, run = broken(experiment, engine={"name": engine}, recipe=recipe)
    with pytest.raises(TrainingError) as again:
        list(resume(run.path))
    assert str(again.value) == told


CODE = """
from torch import nn

def make():
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, 10))
    nn.init.constant_(net[1].bias, -1e3)
    return net
"""


def test_a_dead_relu_is_named_where_the_network_is_the_users(tmp_path, experiment):
    # 003-T1
    path = tmp_path / "mine.toml"
    path.write_text("")
    (tmp_path / "mine.py").write_text(CODE)
    chosen = experiment(network={"python": "mine.py:make", "text": None}, recipe={"batch": 16})
    told = [event.text for event in train_experiment(chosen, source=path) if hasattr(event, "text")]
    assert any("gives 0 for each of 64 images: it is dead" in text for text in told)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_relu_that_a_step_killed_is_named(experiment, engine):
    # One huge step moves every bias far below 0; the loss stays that of equal outputs.
    network = {"text": "conv 4 5x5\nrelu\nmaxpool 2\nflatten\nlinear 16\nrelu\nlinear classes"}
    recipe = {"optimiser": {"name": "sgd", "rate": 300.0}, "batch": 8, "augment": [], "epochs": 2}
    chosen = experiment(engine={"name": engine}, network=network, recipe=recipe)
    told = [event.text for event in train_experiment(chosen) if hasattr(event, "text")]
    assert any("it is dead" in text and "relu" in text for text in told)
