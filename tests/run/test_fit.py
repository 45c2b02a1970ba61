import json
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from imagette.data.dataset import open_data
from imagette.data.digests import content_digest
from imagette.data.spec import DataSpec
from imagette.errors import DataError, UsageError
from imagette.run import train as train_module
from imagette.run.compare import compare_runs
from imagette.run.evaluate import evaluate_run
from imagette.run.fit import fit
from imagette.run.runs import list_runs
from imagette.train.events import Checkpoint


@pytest.fixture
def data():
    return open_data(DataSpec(limit=300))


def softmax_regression():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def test_a_live_module_is_trained_in_place(data, tmp_path):  # 002-15, 002-30, 001-43
    net = softmax_regression()
    before = net[1].weight.detach().clone()
    adam = torch.optim.Adam(net.parameters())
    fitted = fit(net, data, adam, epochs=3, batch=16, runs=tmp_path)
    assert not torch.equal(net[1].weight, before)
    assert fitted.evaluation.accuracy > 0.5
    assert [row["epoch"] for row in fitted.history] == [0, 1, 2, 3]
    assert all(row["train_accuracy"] is not None for row in fitted.history)
    saved = fitted.folder.load().weights["1.weight"]
    np.testing.assert_array_equal(saved, net[1].weight.detach().numpy())


def test_it_follows_a_loop_written_by_hand(data, tmp_path):  # 002-15, 002-16
    net, twin = softmax_regression(), softmax_regression()
    fit(net, data, torch.optim.SGD(net.parameters(), lr=0.5), epochs=4, batch=300, runs=tmp_path)
    images = torch.from_numpy(data.train.images).permute(0, 3, 1, 2) / 255
    labels = torch.from_numpy(data.train.labels.astype(np.int64))
    optimiser = torch.optim.SGD(twin.parameters(), lr=0.5)
    for _ in range(4):
        optimiser.zero_grad()
        nn.CrossEntropyLoss()(twin(images), labels).backward()
        optimiser.step()
    np.testing.assert_allclose(net[1].weight.detach(), twin[1].weight.detach(), atol=1e-5)


def test_several_optimisers_move_their_own_groups(data, tmp_path):  # 004-20
    net = softmax_regression()
    still = net[1].bias.detach().clone()
    several = [torch.optim.SGD([net[1].weight], lr=0.1), torch.optim.SGD([net[1].bias], lr=0.0)]
    fit(net, data, several, epochs=1, runs=tmp_path)
    assert torch.equal(net[1].bias, still)


def test_a_loss_of_ones_own(data, tmp_path):  # 004-19
    def squared(outputs, labels):
        return ((outputs - torch.eye(10)[labels]) ** 2).mean(1)

    net = softmax_regression()
    adam = torch.optim.Adam(net.parameters())
    fitted = fit(net, data, adam, epochs=2, loss=squared, runs=tmp_path)
    assert fitted.history[2]["validation_loss"] < fitted.history[0]["validation_loss"] < 1
    assert (fitted.folder.source / "test_fit.py").exists()


@pytest.mark.parametrize(
    ("loss", "recorded"),
    [
        (nn.CrossEntropyLoss(label_smoothing=0.1), ("live:CrossEntropyLoss", 0.1)),
        (partial(nn.functional.cross_entropy, label_smoothing=0.2), ("live:cross_entropy", 0.2)),
    ],
)
def test_a_loss_that_is_an_object_is_recorded(data, tmp_path, loss, recorded):  # 004-19
    net = softmax_regression()
    adam = torch.optim.Adam(net.parameters())
    fitted = fit(net, data, adam, epochs=1, loss=loss, runs=tmp_path)
    found = fitted.folder.resolved()["recipe"]["loss"]
    assert (found["python"], found["args"]["label_smoothing"]) == recorded


def test_the_optimisers_settings_are_recorded(data, tmp_path):
    net = softmax_regression()
    several = [torch.optim.Adam([net[1].weight]), torch.optim.SGD([net[1].bias], lr=0.5)]
    found = fit(net, data, several, epochs=1, runs=tmp_path).folder.resolved()["recipe"]
    args = found["optimiser"]["args"]
    assert (args["0"]["lr"], args["0"]["betas"], args["1"]["lr"]) == (0.001, [0.9, 0.999], 0.5)


def test_different_networks_and_rates_are_compared_not_merged(data, tmp_path):
    wide = nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.Linear(12, 10))
    for net, rate in ((softmax_regression(), 0.1), (softmax_regression(), 0.2), (wide, 0.1)):
        sgd = torch.optim.SGD(net.parameters(), lr=rate)
        fit(net, data, sgd, epochs=1, runs=tmp_path)
    found = compare_runs([path.path for path in list_runs(tmp_path).runs])
    assert [variant.parameters for variant in found.variants] == [9550, 7850, 7850]
    assert [len(variant.counted) for variant in found.variants] == [1, 1, 1]
    assert all(variant.difference.over == "images" for variant in found.variants[1:])


def test_arrays_are_test_images_too(data, tmp_path):
    shown = (data.validation.images[:50, ..., 0], data.validation.labels[:50])
    net = softmax_regression()
    sgd = torch.optim.SGD(net.parameters(), lr=0.1)
    fitted = fit(net, data, sgd, epochs=1, test=shown, runs=tmp_path)
    assert 0 <= fitted.history[-1]["test_accuracy"] <= 1
    (row,) = fitted.folder.ledger()
    assert row["digest"] == content_digest(shown[0][..., None], shown[1])


@pytest.mark.parametrize(
    ("shown", "error", "message"),
    [
        (
            (np.zeros((2, 8, 8), np.uint8), np.array([0, 1])),
            UsageError,
            r"^test must have images of the shape of the training images, \[28, 28, 1\] .* "
            r"Got \[8, 8, 1\]\.$",
        ),
        (
            (np.zeros((2, 28, 28), np.uint8), np.array([0, 10])),
            DataError,
            r"^Labels must be from 0 to 9\. test has 10 at index 1\.$",
        ),
        ([], DataError, r"^test has no items"),
        (3, DataError, r"^test must be an object with __getitem__"),
    ],
)
def test_test_images_of_another_kind_are_refused(data, tmp_path, shown, error, message):
    net = softmax_regression()
    sgd = torch.optim.SGD(net.parameters(), lr=0.1)
    with pytest.raises(error, match=message):
        fit(net, data, sgd, epochs=1, test=shown, runs=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_second_fit_goes_on_from_the_first(data, tmp_path):
    net = softmax_regression()
    adam = torch.optim.Adam(net.parameters())
    first = fit(net, data, adam, epochs=2, runs=tmp_path)
    second = fit(net, data, adam, epochs=1, runs=tmp_path)
    assert second.history[0]["validation_loss"] == first.history[-1]["validation_loss"]


def test_a_run_of_live_objects_cannot_be_made_again_and_says_so(data, tmp_path):
    net = softmax_regression()
    fitted = fit(net, data, torch.optim.Adam(net.parameters()), epochs=1, runs=tmp_path)
    with pytest.raises(UsageError, match=r"was trained from live objects \(live:Sequential"):
        evaluate_run(fitted.folder.path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda net: ("net", None), "fit takes a torch.nn.Module. Got a str."),
        (
            lambda net: (net, "adam"),
            "the optimiser must give a torch optimiser, or a list of them.",
        ),
        (
            lambda net: (net, torch.optim.Adam(softmax_regression().parameters())),
            "moves tensors that are not trainable parameters of the network",
        ),
        (
            lambda net: (net, torch.optim.Adam([net[1].weight])),
            "the optimiser moves not 1.bias: give them to an optimiser, or freeze",
        ),
        (
            lambda net: (net, [torch.optim.Adam(net.parameters())] * 2),
            "the optimiser moves 1.weight, 1.bias twice",
        ),
    ],
)
def test_objects_that_do_not_fit_each_other_are_refused(data, make, message, tmp_path):
    net, optimiser = make(softmax_regression())
    with pytest.raises(UsageError, match=message):
        fit(net, data, optimiser, epochs=1, runs=tmp_path)


class Averaging(nn.Module):
    """Keeps a running mean by assignment, which modules may do."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x):
        if self.training:
            self.seen = 0.9 * self.seen + 0.1 * x.mean()
        return self.fc(x.flatten(1))


class Counting(Averaging):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x)


def test_a_buffer_that_forward_replaces_is_kept(data, tmp_path):
    net = Averaging()
    fitted = fit(net, data, torch.optim.Adam(net.parameters()), epochs=2, runs=tmp_path)
    assert net.seen.item() > 0.01
    np.testing.assert_array_equal(fitted.folder.load().weights["seen"], net.seen.numpy())


def test_state_that_no_checkpoint_holds_is_refused(data, tmp_path):
    net = Counting()
    with pytest.raises(UsageError, match=r"Counting changes calls while it trains"):
        fit(net, data, torch.optim.Adam(net.parameters()), epochs=1, runs=tmp_path)
    assert net.calls == 0
    wide = Averaging()
    wide.register_buffer("count", torch.tensor([2**40 + 1]))
    with pytest.raises(UsageError, match=r"count holds values that float32 cannot"):
        fit(wide, data, torch.optim.Adam(wide.parameters()), epochs=1, runs=tmp_path)


def test_the_users_own_random_numbers_are_left_alone(data, tmp_path):
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(784, 10))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(net, data, torch.optim.Adam(net.parameters()), epochs=1, runs=tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_an_interrupted_fit_goes_on_with_the_same_bits(data, tmp_path, monkeypatch):  # 004-32
    def begin(title, **more):
        net = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), softmax_regression()[1])
        adam = torch.optim.Adam(net.parameters())
        settings = {"epochs": 3, "batch": 64, "title": title, "runs": tmp_path}
        return fit(net, data, adam, **settings, **more)

    whole = begin("whole").folder.load()

    def killed(_folder, event, *_rest):
        if isinstance(event, Checkpoint) and event.position.epoch == 3:
            raise KeyboardInterrupt

    kept = train_module.keep
    with monkeypatch.context() as patch:
        patch.setattr(train_module, "keep", lambda *given: (kept(*given), killed(*given)))
        with pytest.raises(KeyboardInterrupt):
            begin("cut")
    again = begin("cut", resume=tmp_path / "cut")
    assert [row["epoch"] for row in again.history] == [0, 1, 2, 3]
    for name, value in {**whole.weights, **whole.state}.items():
        saved = again.folder.load()
        np.testing.assert_array_equal({**saved.weights, **saved.state}[name], value)
    with pytest.raises(UsageError, match="is finished: there is nothing to resume"):
        begin("cut", resume=tmp_path / "cut")
    with pytest.raises(UsageError, match="was begun with other settings"):
        begin("cut", resume=tmp_path / "cut", seed=5)


def test_a_run_from_before_a_key_existed_can_still_be_resumed(data, tmp_path):
    def begin(**more):
        net = nn.Sequential(nn.Flatten(), softmax_regression()[1])
        return fit(net, data, torch.optim.Adam(net.parameters()), epochs=1, runs=tmp_path, **more)

    folder = begin().folder
    path = folder.path / "resolved.json"
    kept = json.loads(path.read_text())
    del kept["evaluation"]["views"]
    path.write_text(json.dumps(kept))
    with pytest.raises(UsageError, match="is finished: there is nothing to resume"):
        begin(resume=folder.path)
