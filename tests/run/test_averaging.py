"""A run whose recipe averages: what its files hold, what it evaluates, how it is resumed."""

import numpy as np
import pytest

from imagette.experiment import load
from imagette.run.origin import Origin
from imagette.run.train import Ended, resume, train_experiment
from imagette.train.events import Remark
from imagette.train.plan import Planner

ENGINES = ("torch", "jax")
RULES = ["ema", {"name": "lookahead", "every": 3}]

MODULE = """
from torch import nn

def net():
    return nn.Sequential(
        nn.Conv2d(1, 3, 5), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(1728, 10)
    )
"""
FLAX = """
from flax import linen as nn

class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = nn.BatchNorm(use_running_average=not train)(nn.Conv(3, (5, 5))(x))
        return nn.Dense(10)(nn.relu(x).reshape(len(x), -1))
"""


def files_of(folder, step):
    """All bytes of a checkpoint's arrays."""
    saved = folder.load(step)
    return {name: value.tobytes() for name, value in {**saved.weights, **saved.state}.items()}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_stopped_at_a_chunk_and_resumed_it_is_the_run_that_was_not(
    experiment, trained, monkeypatch, engine, rule, stopped_after
):  # 004-32
    monkeypatch.setattr(Planner, "chunk", 2)
    own = experiment(recipe={"averaging": rule}, engine={"name": engine, "threads": 1})
    whole = trained(own).folder
    folder = stopped_after(train_experiment(own), 1)
    assert folder.load("last").meta["step_in_epoch"] == 2
    *_, ended = resume(folder.path)
    assert isinstance(ended, Ended)
    assert files_of(folder, "last") == files_of(whole, "last")
    assert (folder.path / "history.jsonl").read_bytes() == (
        whole.path / "history.jsonl"
    ).read_bytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_weights_file_holds_the_averages_and_they_are_evaluated(experiment, trained, engine):
    plain, averaged = (
        trained(experiment(recipe={"averaging": rule}, engine={"name": engine, "threads": 1}))
        for rule in ("none", {"name": "ema", "decay": 0.9})
    )
    saved, without = averaged.folder.load("last"), plain.folder.load("last")
    assert set(saved.weights) == set(without.weights)
    assert not any(name.startswith("moving.") for name in without.state)
    for name, value in without.weights.items():
        np.testing.assert_array_equal(saved.state[f"moving.{name}"], value, err_msg=name)
        assert (saved.weights[name] != value).any()
    model, validation = averaged.prepared.model, averaged.prepared.dataset.validation
    logits = model.predict(saved.weights, validation.images, 400)
    accuracy = (logits.argmax(1) == validation.labels).mean()
    assert averaged.folder.history()[-1]["validation_accuracy"] == pytest.approx(accuracy)
    assert averaged.evaluation.accuracy == pytest.approx(accuracy)


def test_a_run_that_starts_from_another_begins_with_its_averages(experiment, trained):  # 004-09
    folder = trained(experiment(recipe={"averaging": "ema"})).folder
    again = trained(experiment(recipe={"epochs": 0}), origin=Origin(folder.path)).folder
    assert again.load().weights_digest == folder.load().weights_digest


def test_averages_that_stay_are_no_sign_of_weights_that_do(experiment):
    rule = {"name": "ema", "every": 1000}
    events = list(train_experiment(experiment(recipe={"averaging": rule})))
    said = [event.text for event in events if isinstance(event, Remark)]
    assert not any("moved" in text for text in said)


@pytest.mark.parametrize(("engine", "code"), [("torch", MODULE), ("jax", FLAX)])
@pytest.mark.parametrize("rule", ["ema", "lookahead"])
def test_networks_of_other_libraries_are_averaged_too(
    tmp_path, monkeypatch, engine, code, rule, stopped_after
):  # 002-30
    monkeypatch.setattr(Planner, "chunk", 2)
    name = "net" if engine == "torch" else "Net"
    (tmp_path / "mine.py").write_text(code)
    path = tmp_path / "mine.toml"
    path.write_text(f'network.python = "mine.py:{name}"\n')
    settings = [
        f"run.folder={tmp_path / 'runs'}", "data.limit=300", "recipe.epochs=2",
        f"engine.name={engine}", "engine.threads=1", f"recipe.averaging={rule}",
    ]  # fmt: skip
    whole, cut = (train_experiment(load(path, settings), source=path) for _ in range(2))
    folder = list(whole)[-1].folder
    resumed = stopped_after(cut, 1)
    assert isinstance(list(resume(resumed.path))[-1], Ended)
    assert files_of(folder, "last") == files_of(resumed, "last")
    saved = folder.load()
    assert set(saved.state) >= {f"moving.{name}" for name in saved.weights}
