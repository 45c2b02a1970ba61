"""Paths, tensors, weights and what gradients need."""

from dataclasses import replace

import pytest

from imagette.network import (
    Branches,
    Conv,
    Flatten,
    Linear,
    MaxPool,
    NetworkError,
    ReLU,
    Residual,
    Sequential,
    named,
    parse,
    walk,
)
from imagette.network.cost import Cost
from imagette.network.layers import Add, Concatenate


def outline(graph):
    return [(node.path, node.inputs, node.output_shape) for node in graph.nodes]


def test_lenet_cifar_has_the_tensors_of_its_course():  # 001-04, 001-05
    graph = walk(named("lenet_cifar"), (3, 32, 32))
    shapes = [graph.input_shape, *(node.output_shape for node in graph.nodes)]
    assert shapes == [
        (3, 32, 32),
        *((6, 28, 28), (6, 28, 28), (6, 14, 14)),
        *((16, 10, 10), (16, 10, 10), (16, 5, 5)),
        *((400,), (120,), (120,), (84,), (84,), (10,)),
    ]
    assert [node.index for node in graph.nodes] == list(range(1, 13))
    assert [node.inputs for node in graph.nodes] == [(n,) for n in range(12)]


def test_layers_are_counted_by_word_and_block():  # 001-06
    graph = walk(
        parse(
            "conv 4 1x1; relu; conv 4 1x1 name=second; relu; conv 4 1x1\n"
            "residual { conv 4 1x1; relu } { conv 4 1x1 }\n"
            "residual name=block { conv 4 1x1 name=inner }\n"
            "branches { { conv 2 1x1 } { } }\n"
            "mean; linear classes"
        ),
        (3, 2, 2),
    )
    assert outline(graph) == [
        ("conv1", (0,), (4, 2, 2)),
        ("relu1", (1,), (4, 2, 2)),
        ("second", (2,), (4, 2, 2)),
        ("relu2", (3,), (4, 2, 2)),
        ("conv3", (4,), (4, 2, 2)),  # naming the second renames no other
        ("residual1.conv1", (5,), (4, 2, 2)),
        ("residual1.relu1", (6,), (4, 2, 2)),
        ("residual1.shortcut.conv1", (5,), (4, 2, 2)),
        ("residual1.add", (7, 8), (4, 2, 2)),
        ("block.inner", (9,), (4, 2, 2)),
        ("block.add", (10, 9), (4, 2, 2)),
        ("branches1.0.conv1", (11,), (2, 2, 2)),
        ("branches1.concatenate", (12, 11), (6, 2, 2)),
        ("mean1", (13,), (6,)),
        ("linear1", (14,), (10,)),
    ]
    assert isinstance(graph.nodes[8].layer, Add)
    assert isinstance(graph.nodes[12].layer, Concatenate)


def test_weights_have_the_layouts_of_the_contract():  # 001-06
    graph = walk(
        parse("conv 6 5x3 groups=3; batchnorm; layernorm; conv 4 1x1 bias=no; mean; linear 10"),
        (3, 8, 8),
    )
    assert {weight.name: (weight.shape, weight.trainable) for weight in graph.weights} == {
        "conv1.weight": ((6, 1, 5, 3), True),
        "conv1.bias": ((6,), True),
        "batchnorm1.weight": ((6,), True),
        "batchnorm1.bias": ((6,), True),
        "batchnorm1.mean": ((6,), False),
        "batchnorm1.var": ((6,), False),
        "layernorm1.weight": ((6,), True),
        "layernorm1.bias": ((6,), True),
        "conv2.weight": ((4, 6, 1, 1), True),
        "linear1.weight": ((10, 4), True),
        "linear1.bias": ((10,), True),
    }
    assert graph.parameters == 90 + 6 + 12 + 12 + 24 + 50
    assert graph.non_trainable == 12


def test_a_shared_weight_is_counted_once():  # 001-30
    graph = walk(parse("flatten; linear 4 name=a; linear 4 name=b; linear 10"), (1, 2, 2))
    a, b = graph.nodes[1:3]
    shared = replace(graph, nodes=(*graph.nodes[:2], replace(b, weights=a.weights)))
    assert graph.parameters == 2 * 20 + 50
    assert shared.parameters == 20
    assert sum(node.parameters for node in shared.nodes) == 40


@pytest.mark.parametrize(
    ("line", "shape"),
    [  # 002-26
        ("conv 2 3x3", (2, 7, 9)),
        ("conv 2 3x3 pad=same", (2, 9, 11)),
        ("conv 2 3x3 pad=same stride=2", (2, 5, 6)),
        ("conv 2 5x5 pad=same dilation=2", (2, 9, 11)),
        ("conv 2 3x3 stride=2x3", (2, 4, 3)),
        ("conv 2 3x3 pad=1,0,2,0", (2, 8, 11)),
        ("conv 2 1x1 pad=3", (2, 15, 17)),
        ("maxpool 2", (3, 4, 5)),
        ("maxpool 3 stride=2 pad=same", (3, 5, 6)),
        ("avgpool 3x2", (3, 3, 5)),
        ("mean", (3,)),
        ("flatten", (297,)),
        ("softmax", (3, 9, 11)),
    ],
)
def test_shapes_follow_kernel_stride_and_padding(line, shape):
    tail = "" if len(shape) == 1 else "flatten;"
    graph = walk(parse(f"{line}; {tail} linear classes"), (3, 9, 11))
    assert graph.nodes[0].output_shape == shape


def test_an_inception_block_concatenates_its_branches():  # 001-24
    block = Branches(
        (
            (Conv(8, 1), ReLU()),
            (Conv(4, 1), ReLU(), Conv(8, 3, padding="same"), ReLU()),
            (Conv(2, 1), ReLU(), Conv(4, 5, padding="same"), ReLU()),
            (MaxPool(3, stride=1, padding="same"), Conv(4, 1), ReLU()),
        )
    )
    graph = walk(Sequential(Conv(6, 5), block, Flatten(), Linear("classes")), (3, 32, 32))
    join = next(node for node in graph.nodes if node.function == "concatenate")
    assert join.input_shapes == ((8, 28, 28), (8, 28, 28), (4, 28, 28), (4, 28, 28))
    assert join.output_shape == (24, 28, 28)
    assert join.cost == Cost()


def test_classes_is_the_number_asked_for():
    graph = walk(parse("conv classes 3x3; mean"), (3, 8, 8), classes=7)
    assert graph.nodes[0].output_shape == (7, 6, 6)
    assert graph.nodes[0].hyper_parameters["channels"] == 7
    assert graph.nodes[0].layer.channels == 7


def test_same_is_what_entered_the_gate_or_residual_around_it():
    text = """
        conv 8 3x3
        gate { mean; linear 2; relu; linear same; sigmoid }
        residual {
          conv 5 1x1
          gate { conv same 3x3 pad=same groups=channels }
          branches { { conv 3 1x1 } { conv same 1x1 } }
          conv same 1x1
        }
        mean; linear classes
    """
    shapes = {node.path: node.output_shape for node in walk(parse(text), (3, 8, 8)).nodes}
    assert shapes["gate1.linear2"] == (8,)
    assert shapes["gate1.multiply"] == (8, 6, 6)
    assert shapes["residual1.gate1.conv1"] == (5, 6, 6)
    assert shapes["residual1.branches1.concatenate"] == (3 + 8, 6, 6)
    assert shapes["residual1.conv2"] == shapes["residual1.add"] == (8, 6, 6)


def test_as_many_groups_as_channels_need_no_number():
    graph = walk(parse("conv 6 1x1; conv 12 3x3 groups=channels; mean; linear 10"), (3, 8, 8))
    assert graph.nodes[1].weights[0].shape == (12, 1, 3, 3)
    assert graph.nodes[1].hyper_parameters["groups"] == 6


def test_hyper_parameters_say_every_option():  # 001-06
    node = walk(parse("conv 6 5x5 pad=same name=stem; mean; linear 10"), (3, 8, 8)).nodes[0]
    assert node.hyper_parameters == {
        "channels": 6,
        "kernel": (5, 5),
        "stride": (1, 1),
        "pad": "same",
        "dilation": (1, 1),
        "groups": 1,
        "bias": True,
    }


def test_the_input_gradient_of_the_first_layers_is_not_counted():  # 001-09
    assert walk(named("lenet_cifar"), (3, 32, 32)).backward.multiplications == 950_640
    nodes = walk(
        parse(
            "relu; branches { { conv 2 1x1 } { batchnorm; conv 2 1x1 } }; "
            "conv 3 1x1; flatten; linear 10"
        ),
        (3, 4, 4),
    ).nodes
    ratios = {
        node.path: node.backward.multiplications / (node.cost.multiplications or 1)
        for node in nodes
    }
    assert ratios == {
        "relu1": 0,
        "branches1.0.conv1": 1,  # nothing before it learns
        "branches1.1.batchnorm1": 0,
        "branches1.1.conv1": 2,
        "branches1.concatenate": 0,
        "conv1": 2,
        "flatten1": 0,
        "linear1": 2,
    }


def test_a_frozen_kernel_is_no_parameter_and_takes_no_gradient():
    text = "conv 4 1x1 frozen=yes; conv 3 1x1 frozen=yes; conv 5 1x1; flatten; linear 10"
    graph = walk(parse(text), (2, 3, 3))
    assert (graph.parameters, graph.non_trainable) == (4 + 3 + 20 + 460, 8 + 12)
    ratios = [n.backward.multiplications / (n.cost.multiplications or 1) for n in graph.nodes]
    assert ratios == [0, 1, 2, 0, 2]  # the biases of the frozen ones learn
    still = walk(parse(text.replace("yes", "yes bias=no")), (2, 3, 3)).nodes
    assert [node.backward.multiplications for node in still[:3]] == [0, 0, 3 * 5 * 9]


def test_insertions_need_no_other_change():  # 001-20, 001-22
    base = parse("conv 6 5x5; relu; maxpool 2; flatten; linear 84; linear classes")
    inserted = Sequential(*base.layers[:3], Conv(9, 3), ReLU(), *base.layers[3:])
    graph = walk(inserted, (3, 32, 32))
    assert [node.output_shape for node in graph.nodes][3] == (9, 12, 12)
    assert graph.weights[4].shape == (84, 9 * 12 * 12)


def test_two_inputs_of_one_network_are_two_graphs():
    network = parse("conv 6 5x5; mean; linear classes")
    assert walk(network, (1, 28, 28)).parameters == 6 * 25 + 6 + 70
    assert walk(network, (3, 40, 20)).parameters == 6 * 75 + 6 + 70
    with pytest.raises(NetworkError, match="kernel is larger than its input, 4x4"):
        walk(network, (1, 4, 4))


def test_a_residual_adds_its_input():
    graph = walk(Sequential(Residual((ReLU(),)), Flatten(), Linear(10)), (1, 3, 3))
    assert graph.nodes[1].inputs == (1, 0)
    assert graph.nodes[1].cost == Cost(additions=9)
