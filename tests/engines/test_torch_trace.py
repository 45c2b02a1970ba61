"""Modules of one's own: the table from a trace of what they execute."""

import numpy as np
import pytest
import torch
from torch import nn

from imagette.engines.with_torch.trace import trace
from imagette.errors import UsageError
from imagette.network import cost_table, named, parse, walk

CIFAR = (3, 32, 32)


class Lenet(nn.Module):
    """The tutorial's network, with one activation and one pooling for all, as in source 003."""

    def __init__(self):
        super().__init__()
        self.activation, self.pool = nn.ReLU(), nn.MaxPool2d(2, 2)
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(self.activation(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = self.activation(self.fc1(x.view((x.shape[0], -1))))
        return self.fc3(self.activation(self.fc2(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)

    def forward(self, x):
        return torch.relu(x + self.norm(self.conv(x)))


ROWS = [
    (Lenet(), "lenet_cifar"),
    (
        nn.Sequential(
            nn.Conv2d(3, 8, 1), Block(), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Dropout(0.5), nn.Linear(8, 10),
        ),
        """conv 8 1x1
        residual { conv 8 3x3 pad=same bias=no; batchnorm }
        relu; avgpool 2; mean; dropout 0.5; linear classes""",
    ),
    (
        nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.GELU(), nn.Conv2d(8, 8, 3, groups=8),
            nn.Tanh(), nn.Flatten(), nn.LayerNorm(1568), nn.Sigmoid(), nn.Linear(1568, 10),
            nn.LogSoftmax(1),
        ),
        """conv 8 3x3 stride=2 pad=1; gelu; conv 8 3x3 groups=8; tanh; flatten
        layernorm; sigmoid; linear classes; log_softmax""",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("module", "twin"), ROWS, ids=["lenet", "residual", "others"])
def test_a_trace_costs_what_the_walk_of_its_twin_costs(module, twin):  # 001-07, 002-30, 003-09
    network = named(twin) if twin == "lenet_cifar" else parse(twin)
    traced, walked = cost_table(trace(module, CIFAR, 10)), cost_table(walk(network, CIFAR, 10))
    assert traced.uncounted == ()
    assert traced.cost == walked.cost
    assert traced.backward == walked.backward
    assert traced.inside == walked.inside
    assert traced.parameters == walked.parameters
    if twin == "lenet_cifar":
        assert traced.peak_activation_bytes == walked.peak_activation_bytes == 31_104


def test_nodes_have_the_names_of_the_modules_that_made_them():  # 001-04
    paths = [node.path for node in trace(Lenet(), CIFAR, 10).nodes]
    assert paths[:4] == ["conv1", "activation", "pool", "conv2"]
    assert paths[4] == "relu1"
    assert len(set(paths)) == len(paths)


def test_weights_have_the_frameworks_names_and_shared_ones_count_once():  # 001-30
    module = nn.Sequential(nn.Flatten(), nn.Linear(192, 192), nn.ReLU())
    module.append(module[1])
    module.append(nn.Linear(192, 10))
    graph = trace(module, (3, 8, 8), 10)
    assert graph.parameters == 192 * 192 + 192 + 1930
    assert {w.name for w in graph.weights} == {"1.weight", "1.bias", "4.weight", "4.bias"}
    assert sum(node.function == "linear" for node in graph.nodes) == 3


def test_what_is_not_known_is_uncounted_and_never_0():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(64, 10)

        def forward(self, x):
            return self.fc(torch.erfinv(x.flatten(1) * 0.5))

    table = cost_table(trace(Odd(), (1, 8, 8), 10))
    assert table.uncounted == ("erfinv1",)
    json = table.as_json()
    assert json["uncounted"] == ["erfinv1"]
    assert next(n for n in json["nodes"] if n["path"] == "erfinv1")["cost"] is None


def test_frozen_parameters_and_running_statistics_are_non_trainable():
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 10))
    module[0].weight.requires_grad_(False)
    graph = trace(module, (1, 8, 8), 10)
    assert graph.non_trainable == 36 + 4 + 4 + 1  # and num_batches_tracked
    assert graph.parameters == 4 + 8 + 1450


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.spare = nn.Linear(64, 10), nn.Linear(3, 3)

    def forward(self, x):
        return self.used(x.flatten(1))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 7)), r"for each of 10 classes\. Got \[7\]"),
        (nn.Sequential(nn.Flatten(), nn.Linear(60, 10)), r"does not run on images \[11, 1, 8, 8\]"),
        (Unused(), r"no gradient reaches spare\.weight, spare\.bias of Unused: use them"),
    ],
)
def test_a_module_that_cannot_be_trained_is_refused(module, message):
    with pytest.raises(UsageError, match=message):
        trace(module, (1, 8, 8), 10)


def test_tracing_leaves_the_module_and_the_generator_as_they_were():
    norm, drop = nn.BatchNorm2d(1), nn.Dropout(0.5)
    module = nn.Sequential(norm, drop, nn.Flatten(), nn.Linear(64, 10)).train()
    module.features = norm(torch.ones(2, 1, 8, 8))  # a result that deepcopy would refuse
    norm.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    generator = torch.get_rng_state()
    trace(module, (1, 8, 8), 10)
    assert [inner.training for inner in module] == [False, True, True, True]
    for name, value in module.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not norm._forward_hooks


class InTraining(nn.Module):
    """A `trick` to play, in training alone or in evaluation alone."""

    def __init__(self, trick, training=True):
        super().__init__()
        self.fc, self.spare = nn.Linear(64, 10), nn.Linear(10, 10)
        self.trick, self.when = trick, training

    def forward(self, x):
        y = self.fc(x.flatten(1))
        return self.trick(self.spare, y) if self.training == self.when else y


def test_weights_used_in_training_alone_are_kept_but_read_by_no_node():  # 002-30
    graph = trace(InTraining(lambda spare, y: spare(y)), (1, 8, 8), 10)
    assert [weight.name for weight in graph.unattached] == ["spare.weight", "spare.bias"]
    assert graph.parameters == 650 + 110
    assert graph.cost.multiplications == 640


def test_a_block_that_training_drops_at_random_is_reached():
    module = InTraining(lambda spare, y: y if torch.rand(()) < 0.5 else spare(y))
    assert trace(module, (1, 8, 8), 10).parameters == 760


@pytest.mark.parametrize(
    ("trick", "training", "message"),
    [
        (lambda spare, y: spare(y), False, r"no gradient reaches spare\.weight, spare\.bias of"),
        (lambda spare, y: spare(y).detach(), True, "no gradient reaches fc"),
        (lambda spare, y: (spare(y), y), True, "must return a tensor .* Got a tuple"),
        (lambda spare, y: (spare(y), y), False, "must return a tensor .* Got a tuple"),
        (lambda spare, y: spare(y[:, :3]), True, "a training step of InTraining raised Runtime"),
        (lambda spare, y: spare(torch.zeros(len(y), 10)), False, "does not depend on the image"),
    ],
)
def test_what_training_could_not_move_is_refused_before_it(trick, training, message):
    with pytest.raises(UsageError, match=message) as caught:
        trace(InTraining(trick, training), (1, 8, 8), 10)
    assert "\n" not in str(caught.value)


def test_the_output_is_what_forward_returns_not_what_it_computed_last():
    class Aside(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(64, 10)

        def forward(self, x):
            y = self.fc(x.flatten(1))
            self.certainty = y.softmax(1)
            return y

    graph = trace(Aside(), (1, 8, 8), 10)
    assert [node.path for node in graph.nodes] == ["flatten1", "fc", "softmax1"]
    assert graph.last.path == "fc"
