"""The exact figures of the courses, and the object that `describe --json` prints."""

import json

import pytest

from imagette.network import cost_table, named, parse, walk
from imagette.network.cost import KINDS, Cost

CIFAR = (3, 32, 32)


def table_of(text, shape=CIFAR):
    return cost_table(walk(parse(text), shape))


def test_lenet_cifar_costs_what_its_course_says():  # 001-07, 001-09
    table = cost_table(walk(named("lenet_cifar"), CIFAR))
    assert table.cost == Cost(multiplications=651_720, additions=651_720, maximums=11_236)
    relu = sum(node.cost.maximums for node in table.nodes if node.function == "relu")
    assert (relu, table.cost.maximums - relu) == (6_508, 4_728)
    assert table.backward == Cost(multiplications=950_640, additions=950_640)
    assert table.inside == table.cost  # it pads nothing


def test_ten_thousand_images_add_up():  # 001-08
    whole = cost_table(walk(named("lenet_cifar"), CIFAR)).cost * 10_000
    assert (whole.multiplications, whole.additions, whole.maximums) == (
        6_517_200_000,
        6_517_200_000,
        112_360_000,
    )
    assert whole.total == 13_146_760_000


def test_taps_on_padding_are_counted_apart():  # 001-07
    table = table_of("conv 2 3x3 pad=same bias=no; mean; linear 10", (1, 4, 4))
    assert table.nodes[0].cost.multiplications == 2 * 16 * 9
    assert table.nodes[0].inside.multiplications == 2 * (4 * 4 + 8 * 6 + 4 * 9)


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("conv 6 5x5; relu; maxpool 2; flatten; linear 10", 3_072 + 4_704),
        # The input is read again by the addition, so relu cannot write over it.
        ("residual { relu }; flatten; linear 10", 2 * 3_072),
        # Body and shortcut are alive together, and the sum takes the place of one of them.
        ("residual { conv 3 1x1; relu; conv 3 1x1 }; flatten; linear 10", 3 * 3_072),
        # All branches wait for the concatenation.
        ("branches { {conv 3 1x1} {conv 6 1x1} {} }; mean; linear 10", 2 * (1 + 2 + 1) * 3_072),
        # A gate's factors are too few to be written over; what entered is, for nothing reads it on.
        ("gate { mean }; mean; linear 10", 3_072 + 3),
        ("residual { gate { mean } }; mean; linear 10", 2 * 3_072 + 3),
        ("flatten; relu; linear 10", 3_072 + 10),
        ("flatten; softmax; linear 10", 2 * 3_072),  # its sum reads what it would overwrite
    ],
)
def test_peak_memory_counts_what_is_alive_together(text, elements):
    assert table_of(text).peak_activation_bytes == 4 * elements


def test_lenet_cifar_needs_31_104_bytes():
    assert cost_table(walk(named("lenet_cifar"), CIFAR)).peak_activation_bytes == 31_104


def test_the_json_object_is_that_of_the_contract():  # 001-04, 001-05, 001-06, 002-09
    table = cost_table(walk(named("lenet_cifar"), CIFAR)).as_json()
    assert json.loads(json.dumps(table)) == table
    assert list(table) == [
        *("parameters", "non_trainable", "cost", "nodes", "peak_activation_bytes"),
    ]
    assert tuple(table["cost"]) == KINDS
    none = dict.fromkeys(KINDS, 0)
    assert table["nodes"][3] == {
        "fn": "F4",
        "path": "conv2",
        "function": "conv",
        "hyper_parameters": {
            "channels": 16,
            "kernel": [5, 5],
            "stride": [1, 1],
            "pad": [0, 0, 0, 0],
            "dilation": [1, 1],
            "groups": 1,
            "bias": True,
        },
        "inputs": ["X3"],
        "output": "X4",
        "input_shapes": [[6, 14, 14]],
        "output_shape": [16, 10, 10],
        "weights": [
            {"name": "conv2.weight", "shape": [16, 6, 5, 5], "trainable": True},
            {"name": "conv2.bias", "shape": [16], "trainable": True},
        ],
        "parameters": 2416,
        "cost": none | {"multiplications": 240_000, "additions": 240_000},
    }


def test_parts_add_up_to_the_whole():
    table = cost_table(walk(named("resnet20"), CIFAR))
    assert sum((node.cost for node in table.nodes), Cost()) == table.cost
    assert sum(node.parameters for node in table.nodes) == table.parameters
