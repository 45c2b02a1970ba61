import pytest

from imagette.report.diagram.boxes import boxes, label, operations

from .networks import NAMES, node, nodes_of


def words(name: str) -> list[str]:
    return [", ".join(map(label, box.nodes)) for box in boxes(nodes_of(name))]


def test_a_layer_and_what_keeps_its_shape_stand_in_one_box():
    assert words("lenet_cifar") == [
        "conv 6 5×5, relu",
        "maxpool 2×2",
        "conv 16 5×5, relu",
        "maxpool 2×2",
        "flatten, linear 120, relu",
        "linear 84, relu",
        "linear 10",
    ]


def test_what_two_nodes_read_ends_its_box():
    shortcut = boxes([node(1, (0,)), node(2, (1,), "relu", weights=[]), node(3, (2, 1), "add")])
    assert [len(box.nodes) for box in shortcut] == [1, 1, 1]
    assert [box.reads for box in shortcut] == [(-1,), (0,), (1, 0)]


def test_a_norm_before_a_convolution_stands_with_it():
    assert "batchnorm, relu, conv 48 1×1, batchnorm, relu" in words("densenet40")


@pytest.mark.parametrize("name", NAMES)
def test_the_boxes_hold_every_node_once_in_order(name):
    nodes = nodes_of(name)
    assert [inside for box in boxes(nodes) for inside in box.nodes] == nodes


def test_operations_that_are_not_known_are_not_nought():
    # 001-07
    assert operations([node(1, (0,))]) == 110
    assert operations([node(1, (0,)), node(2, (1,), cost=None)]) is None


def test_a_stride_and_groups_are_told():
    strided = {"channels": 8, "kernel": [3, 3], "stride": [2, 2], "groups": 4}
    assert label(node(1, (0,), hyper_parameters=strided)) == "conv 8 3×3 /2 g4"


def test_a_norm_of_other_code_stands_with_its_convolution():
    spread = [{"name": "scale", "shape": [8, 1, 1], "trainable": True}]
    made = boxes([node(1, (0,)), node(2, (1,), "subtract", weights=spread)])
    assert [len(box.nodes) for box in made] == [2]
