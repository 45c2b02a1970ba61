"""Code of one's own, named in an experiment: through the same loop, run folder and resume."""

import json

import numpy as np
import pytest

from imagette.cli.main import main
from imagette.errors import UsageError
from imagette.experiment import load
from imagette.run.evaluate import evaluate_run
from imagette.run.train import Ended, resume, train_experiment
from imagette.train.plan import Planner

CODE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=4, wrong=False):
        super().__init__()
        if wrong:
            raise RuntimeError("no such width")
        self.conv, self.norm = nn.Conv2d(1, width, 5), nn.BatchNorm2d(width)
        self.drop, self.fc = nn.Dropout(0.2), nn.Linear(width * 144, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.norm(self.conv(x))), 2)
        return self.fc(self.drop(x.flatten(1)))

def two(parameters, rate):
    by_kind = {"conv": [], "other": []}
    for name, parameter in parameters:
        by_kind["conv" if name.startswith("conv") else "other"].append(parameter)
    conv, other = by_kind["conv"], by_kind["other"]
    return [torch.optim.SGD(conv, lr=rate, momentum=0.9), torch.optim.Adam(other)]

def focal(outputs, labels, power):
    each = nn.functional.cross_entropy(outputs, labels, reduction="none")
    return (1 - torch.exp(-each)) ** power * each

def clipped(network, optimisers, inputs, labels, loss):
    for optimiser in optimisers:
        optimiser.zero_grad()
    outputs = network(inputs)
    value = loss(outputs, labels)
    value.backward()
    for optimiser in optimisers:
        optimiser.step()
    return outputs, value

def share_of_zero(logits, labels):
    return (labels == 0).mean()

def not_a_module():
    return 3
"""
EXPERIMENT = """
[data]
limit = 300
[network]
python = "mine.py:Net"
args = { width = 3 }
[recipe]
epochs = 2
batch = 64
augment = ["flip"]
optimiser = { python = "mine.py:two", args = { rate = 0.01 } }
loss = { python = "mine.py:focal", args = { power = 2.0 } }
update = { python = "mine.py:clipped" }
[evaluation]
metrics = ["macro_f1", "mine.py:share_of_zero"]
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(CODE)
    path = tmp_path / "mine.toml"
    path.write_text(EXPERIMENT)

    def begin(*settings):
        experiment = load(path, [f"run.folder={tmp_path / 'runs'}", *settings])
        return train_experiment(experiment, source=path)

    return begin


def test_network_loss_optimisers_update_and_metrics_of_ones_own(mine):
    # 002-30, 004-13, 004-19, 004-20
    *_, ended = mine()
    assert isinstance(ended, Ended)
    assert ended.prepared.graph.parameters == 3 * 25 + 3 + 6 + 3 * 144 * 10 + 10
    rows = ended.folder.history()
    assert rows[2]["validation_loss"] < rows[0]["validation_loss"]
    assert {"fc.weight", "norm.running_var"} <= set(ended.folder.load().weights)
    figures, arrays = ended.folder.read_evaluation("validation")
    assert figures["metrics"]["mine.py:share_of_zero"] == (arrays["labels"] == 0).mean()
    slots = {name.split(".")[1] for name in ended.folder.load().state}
    assert {"momentum_buffer", "exp_avg", "exp_avg_sq", "step"} <= slots


def test_its_source_is_in_the_run_and_is_what_is_run_again(mine, tmp_path):  # 004-26
    *_, ended = mine()
    assert (ended.folder.source / "mine.py").read_text() == CODE
    (tmp_path / "mine.py").write_text("raise RuntimeError('the original is gone')")
    assert evaluate_run(ended.folder.path) == ended.evaluation


def test_the_same_seed_gives_the_same_bits(mine):  # 000-14
    first, second, other = (list(mine(f"seed={seed}"))[-1].folder.load() for seed in (0, 0, 1))
    assert first.weights_digest == second.weights_digest != other.weights_digest


@pytest.mark.parametrize("num_chunks", [1, 3])
def test_stopped_and_resumed_it_is_the_run_that_was_not(
    mine, stopped_after, monkeypatch, num_chunks
):  # 004-32
    monkeypatch.setattr(Planner, "chunk", 2)
    whole = list(mine())[-1].folder
    folder = stopped_after(mine(), num_chunks)
    list(resume(folder.path))
    assert (folder.path / "history.jsonl").read_bytes() == (
        whole.path / "history.jsonl"
    ).read_bytes()
    for name, value in {**whole.load().weights, **whole.load().state}.items():
        found = {**folder.load().weights, **folder.load().state}[name]
        np.testing.assert_array_equal(found, value, err_msg=name)


def test_changed_code_in_a_run_is_not_run_unless_trusted(mine):
    *_, ended = mine("recipe.epochs=1")
    (ended.folder.source / "mine.py").write_text(CODE + "\nprint('surprise')\n")
    with pytest.raises(UsageError, match="names code that was not run by you on this machine"):
        evaluate_run(ended.folder.path)
    assert evaluate_run(ended.folder.path, trust=True) == ended.evaluation


@pytest.mark.parametrize("pointer", ["posix:system", "evil.mod:run", "mine.py:surprise"])
def test_a_run_from_elsewhere_runs_no_code_unasked(mine, tmp_path, pointer):
    *_, ended = mine("recipe.epochs=1")
    folder, witness = ended.folder, tmp_path / "witness"
    touch = f"from pathlib import Path\nPath({str(witness)!r}).touch()\n"
    (folder.source / "evil").mkdir()
    (folder.source / "evil" / "__init__.py").write_text(touch)
    (folder.source / "mine.py").write_text(touch)
    values = folder.resolved()
    values["network"] = {"python": pointer, "args": {"command": f"touch {witness}"}}
    (folder.path / "resolved.json").write_text(json.dumps(values))
    with pytest.raises(UsageError, match=r"add --trust"):
        evaluate_run(folder.path)
    (folder.path / "finished.json").unlink()
    with pytest.raises(UsageError, match=r"add --trust"):
        list(resume(folder.path))
    assert not witness.exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("network.python='mine.py:Nett'", r"Did you mean 'Net'\?"),
        ("network.python='mien.py:Net'", r"Did you mean 'mine"),
        ("network.args={widht=3}", "widht"),
        ("network.args={wrong=true}", r"'mine\.py:Net' raised RuntimeError: no such width"),
        ("network.python='mine.py:not_a_module'", "args|must return a torch.nn.Module. Got a int"),
        ("recipe.optimiser.args={}", "rate"),
        ("recipe.optimiser.python='mine.py:focal'", "cannot be called|must give a torch optimiser"),
    ],
)
def test_code_that_does_not_do_is_one_clear_line(mine, setting, message):  # 004-12
    with pytest.raises(UsageError, match=message) as caught:
        list(mine(setting))
    assert "\n" not in str(caught.value)


def test_describe_traces_an_experiment_and_a_run(mine, tmp_path, capsys):  # 001-04, 001-05
    *_, ended = mine("recipe.epochs=1")
    parameters = ended.prepared.graph.parameters
    for what in (str(tmp_path / "mine.toml"), str(ended.folder.path)):
        assert main(["describe", what, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["parameters"] == parameters
