"""First weights from files of other programs: the logits are theirs, and a slip is named."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn

from imagette.errors import StoreError, UsageError
from imagette.network import parse, walk
from imagette.run.origin import Origin, origin_of, read_origin

TEXT = "conv 4 3x3\nbatchnorm\nrelu\nmean\nlinear classes"
GRAPH = walk(parse(TEXT), (1, 8, 8), 3)


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AvgPool2d(6),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    network(torch.randn(9, 1, 8, 8))  # moves the statistics
    return network.eval()


NAMES = {"conv1": "0", "batchnorm1": "1", "linear1": "5"}


@pytest.fixture
def weights_of():
    return lambda path, names=None, reset=(): read_origin(Origin(path, reset, names)).weights(GRAPH)


@pytest.mark.parametrize("names", [NAMES, "order"])
def test_a_state_dict_of_torch_gives_its_own_logits(network, names, weights_of, tmp_path):
    # 004-09; the engine is compared with torch's own module
    from imagette.data.preprocess import Preprocess
    from imagette.engines.protocol import EngineSpec
    from imagette.engines.with_torch.model import TorchModel
    from imagette.recipe.recipe import Recipe

    path = tmp_path / "w.pt"
    torch.save(network.state_dict(), path)
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype(np.uint8)
    model = TorchModel(GRAPH, Recipe(), Preprocess((0.0,), (1.0,)), EngineSpec())
    found = model.predict(weights_of(path, names), images, 5)
    expected = network(torch.tensor(images.transpose(0, 3, 1, 2) / 255.0, dtype=torch.float32))
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_order_is_refused_of_a_form_that_keeps_none(weights_of, tmp_path):
    path = tmp_path / "w.safetensors"
    save_file({weight.name: np.ones(weight.shape, np.float32) for weight in GRAPH.weights}, path)
    assert set(weights_of(path)) == {weight.name for weight in GRAPH.weights}
    with pytest.raises(UsageError, match="keeps no order"):
        weights_of(path, "order")


def test_a_tensor_of_another_shape_is_named_with_both_and_the_remedy(weights_of, tmp_path):
    path = tmp_path / "w.npz"
    arrays = {weight.name: np.ones(weight.shape, np.float32) for weight in GRAPH.weights}
    np.savez(path, **{**arrays, "linear1.weight": np.ones((10, 4), np.float32)})
    with pytest.raises(UsageError) as caught:  # 004-31
        weights_of(path)
    assert str(caught.value) == (
        "The weights do not fit the network: linear1.weight is [10, 4] in the weights and [3, 4] "
        "in the network. To start these anew: --reset linear1. "
        f"Or say what {path} calls them: --names FILE"
    )
    assert "linear1.weight" not in weights_of(path, reset=("linear1",))


def test_nothing_of_a_file_is_hidden_by_a_map(weights_of, tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, **{weight.name: np.ones(weight.shape, np.float32) for weight in GRAPH.weights})
    said = "batchnorm1.weight is batchnorm1.bias, and .* has a batchnorm1.weight that nothing takes"
    with pytest.raises(UsageError, match=said):
        weights_of(path, {"batchnorm1.weight": "batchnorm1.bias"})


def test_what_is_negative_is_no_variance(weights_of, tmp_path):
    path = tmp_path / "w.npz"
    arrays = {weight.name: np.ones(weight.shape, np.float32) for weight in GRAPH.weights}
    np.savez(path, **{**arrays, "batchnorm1.var": -arrays["batchnorm1.var"]})
    with pytest.raises(UsageError, match=r"batchnorm1.var of .*w.npz is negative in places"):
        weights_of(path)


def test_of_thousands_that_fit_nowhere_some_are_named(weights_of, tmp_path):
    path = tmp_path / "w.npz"
    arrays = {weight.name: np.ones(weight.shape, np.float32) for weight in GRAPH.weights}
    np.savez(path, **arrays, **{f"n{i}": np.ones(1, np.float32) for i in range(1000)})
    with pytest.raises(UsageError, match=r"; \.\.\. and 980 more\. .*--reset n0 ") as caught:
        weights_of(path)
    assert len(str(caught.value)) < 2000


def test_a_weight_that_is_missing_is_never_drawn_anew(weights_of, tmp_path):  # 004-T3
    path = tmp_path / "w.npz"
    arrays = {weight.name: np.ones(weight.shape, np.float32) for weight in GRAPH.weights}
    del arrays["batchnorm1.var"]
    np.savez(path, **arrays)
    with pytest.raises(UsageError, match=r"batchnorm1.var \[4\] is missing from the weights"):
        weights_of(path)


@pytest.mark.parametrize("name", ["absent.pt", "absent.safetensors", "runs/absent.npz"])
def test_a_missing_file_is_an_error(name, tmp_path):  # 004-T3
    with pytest.raises(StoreError, match="is not there"):
        read_origin(Origin(tmp_path / name))


def test_a_training_begins_with_the_file_and_says_so(experiment, trained, tmp_path):
    first = trained(experiment())
    weights, path = first.folder.load("last").weights, tmp_path / "w.npz"
    np.savez(path, **weights)
    second = trained(experiment(recipe={"epochs": 0}), origin=Origin(path))
    begun = second.folder.load(0).weights
    assert all(np.array_equal(begun[name], weights[name]) for name in weights)
    account = second.folder.environment()["from"]
    assert json.loads(json.dumps(account)) == {
        "file": str(path),
        "sha256": read_origin(Origin(path)).account["sha256"],
        "names": {},
        "reset": [],
    }
    assert origin_of(account) == Origin(path, (), {})


def test_names_are_for_files_alone(experiment, trained):
    run = trained(experiment(recipe={"epochs": 0})).folder.path
    with pytest.raises(UsageError, match="--names is for files"):
        read_origin(Origin(run, names="order"))
