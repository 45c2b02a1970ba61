"""Groups of weights in a run: networks of other libraries, refusals, what the rows say."""

import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.experiment import load
from imagette.run.train import train_experiment
from imagette.train.events import Remark

MODULE = """
from torch import nn

def net():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, 10))
"""
FLAX = """
from flax import linen as nn

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(10)(nn.relu(nn.Dense(8)(x.reshape(len(x), -1))))
"""


@pytest.mark.parametrize(
    ("engine", "code", "maker", "group", "other"),
    [
        ("torch", MODULE, "net", ["1.weight", "1.bias"], "3.weight"),
        (
            "jax",
            FLAX,
            "Net",
            ["params.Dense_0.kernel", "params.Dense_0.bias"],
            "params.Dense_1.kernel",
        ),
    ],
    ids=["torch", "jax"],
)
def test_groups_of_networks_of_other_libraries(tmp_path, engine, code, maker, group, other):
    (tmp_path / "mine.py").write_text(code)
    path = tmp_path / "mine.toml"
    path.write_text(f'network.python = "mine.py:{maker}"\n')
    settings = [
        f"run.folder={tmp_path / 'runs'}", "data.limit=300", "recipe.epochs=1",
        f"engine.name={engine}", "engine.threads=1",
        f'recipe.groups=[{{ match = "{group[0].rpartition(".")[0]}.*", rate = 0.0 }}]',
    ]  # fmt: skip
    *_, ended = train_experiment(load(path, settings), source=path)
    first, last = (ended.folder.load(step).weights for step in (0, "last"))
    for name in group:
        np.testing.assert_array_equal(first[name], last[name])
    assert (first[other] != last[other]).any()


def test_a_group_that_matches_nothing_is_refused_before_anything_is_written(experiment, tmp_path):
    with pytest.raises(UsageError, match=r"Got 'batchnorm\*'; there are conv1\.weight, "):
        list(train_experiment(experiment(recipe={"groups": [{"match": "batchnorm*"}]})))
    assert not (tmp_path / "runs").exists()


def test_weights_of_a_rate_of_0_are_not_reported_as_still(experiment):
    recipe = {"groups": [{"match": "conv1.*", "rate": 0.0}]}
    events = list(train_experiment(experiment(recipe=recipe)))
    assert [event.text for event in events if isinstance(event, Remark)] == []


def test_the_rate_of_a_row_is_that_of_the_rest(experiment, trained):
    groups = [{"match": "*.bias", "rate": 3.0}]
    recipe = {"groups": groups, "optimiser": {"name": "sgd", "rate": 0.02}}
    assert trained(experiment(recipe=recipe)).folder.history()[1]["rate"] == np.float32(0.02)


def test_muon_is_for_networks_of_the_language(tmp_path):
    (tmp_path / "mine.py").write_text(MODULE)
    path = tmp_path / "mine.toml"
    path.write_text('network.python = "mine.py:net"\nrecipe.optimiser = "muon"\n')
    with pytest.raises(UsageError, match=r"^recipe\.optimiser: muon must know which axis"):
        list(train_experiment(load(path, [f"run.folder={tmp_path / 'runs'}"]), source=path))
    assert not (tmp_path / "runs").exists()
