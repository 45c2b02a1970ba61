import pytest

from imagette.network import named, parse, walk
from imagette.network.errors import NetworkError
from imagette.network.truncate import truncated


def test_a_network_ends_in_the_layer_that_is_named():  # 003-27
    whole = walk(named("lenet_cifar"), (3, 32, 32), 10)
    part = truncated(whole, "conv2")
    assert part.nodes == whole.nodes[:4]
    assert part.last.output_shape == (16, 10, 10)
    assert part.parameters == 6 * (3 * 25 + 1) + 16 * (6 * 25 + 1)


def test_only_what_the_layer_needs_is_kept_and_numbered_anew():
    text = "conv 4 3x3\nbranches { { conv 2 1x1 } { conv 3 1x1; relu } }\nmean\nlinear classes"
    part = truncated(walk(parse(text), (1, 8, 8), 10), "branches1.1.relu1")
    paths = ["conv1", "branches1.1.conv1", "branches1.1.relu1"]
    assert [node.path for node in part.nodes] == paths
    assert [(node.index, node.inputs) for node in part.nodes] == [(1, (0,)), (2, (1,)), (3, (2,))]


def test_the_last_layer_gives_the_whole():
    whole = walk(named("resnet20"), (3, 32, 32), 10)
    assert truncated(whole, whole.last.path) == whole


def test_an_unknown_path_is_refused():
    with pytest.raises(NetworkError, match="no node has the path 'conv3'"):
        truncated(walk(named("lenet_cifar"), (3, 32, 32), 10), "conv3")
