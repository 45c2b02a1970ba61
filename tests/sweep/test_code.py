"""Sweeps of code of one's own, called from another folder than its files are in."""

import json

import pytest

from imagette.errors import UsageError
from imagette.store.folder import RunFolder
from imagette.sweep.file import read_sweep
from imagette.sweep.trials import plan_trials

CODE = """
import torch

def net(width):
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(784, width), torch.nn.ReLU(), torch.nn.Linear(width, 10)
    )

def sgd(parameters, rate):
    return torch.optim.SGD(parameters, lr=rate)
"""
BASE = """
data = { limit = 200 }
network = { python = "mine.py:net", args = { width = 4 } }
recipe = { epochs = 1, batch = 50 }
evaluation = { metrics = ["scores.py:ones"] }
"""
SWEEP = """
base = "base/base.toml"
[variants.sgd]
recipe.optimiser = { python = "steps:sgd", args = { rate = 0.1 } }
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A sweep with a file beside it, and a base elsewhere with files beside it."""
    files = {
        "base/base.toml": BASE,
        "base/mine.py": CODE,
        "base/scores.py": "def ones(logits, labels):\n    return 1.0\n",
        "sweep.toml": SWEEP,
        "steps.py": CODE,
        "elsewhere/unrelated.txt": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def test_pointers_mean_files_beside_the_base_or_the_sweep(written):
    (trial,) = plan_trials(read_sweep(written / "sweep.toml"))
    experiment = trial.experiment
    assert experiment.network.python == f"{written}/base/mine.py:net"
    assert experiment.recipe.optimiser.python == f"{written}/steps.py:sgd"
    assert experiment.evaluation.metrics == (f"{written}/base/scores.py:ones",)
    assert trial.settings["recipe.optimiser.python"] == "steps:sgd"


def test_the_name_of_a_set_goes_with_its_pointer(written):
    (written / "base/base.toml").write_text('data = { python = "mine.py:net" }')
    (written / "sweep.toml").write_text('base = "base/base.toml"')
    (trial,) = plan_trials(read_sweep(written / "sweep.toml"))
    assert trial.experiment.data.name == f"python:{written}/base/mine.py:net"


def test_a_pointer_to_nothing_is_told_before_anything_runs(written):
    text = SWEEP + '[grid]\nnetwork.python = ["mine.py:net", "mine.py:nett", "mein.py:net"]\n'
    (written / "sweep.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        plan_trials(read_sweep(written / "sweep.toml"))
    head, name, file = str(caught.value).splitlines()
    assert head == "sweep: 2 of 3 trials cannot run, so none does:"
    assert "has no 'nett'. Did you mean 'net'?" in name
    assert "no file 'mein.py' is there. Did you mean 'mine.py'?" in file


def test_its_trials_train_and_edited_code_is_another_sweep(written, swept, out):  # 003-23
    sweep = read_sweep(written / "sweep.toml")
    *_, ended = swept(sweep, workers=1)
    assert [outcome.reason for outcome in ended.outcomes] == ["all epochs are done"]
    run = RunFolder.open(out / "sgd/seed-0")
    assert run.resolved()["network"]["python"] == "mine.py:net"
    before = json.loads((out / "sweep.json").read_text())["sources"]
    assert sorted(before) == ["mine.py", "scores.py", "steps.py"]
    (written / "steps.py").write_text(CODE + "# edited\n")
    with pytest.raises(
        UsageError, match=r"with another sweep: 'sources\.steps\.py' was '\w+ and is"
    ):
        swept(read_sweep(written / "sweep.toml"), workers=1)
