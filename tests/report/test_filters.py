import numpy as np
import pytest

from imagette.network.catalogue import named
from imagette.network.table import cost_table
from imagette.network.walk import walk
from imagette.report.filters import filter_pictures, filters_figure, first_filters


def nodes_of(name: str, shape: tuple[int, int, int]):
    return cost_table(walk(named(name), shape)).as_json()["nodes"]


def kernels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_mid_grey_is_nought_and_the_largest_weight_is_black_or_white():
    drawn = filter_pictures(np.array([[[[0.0, -4.0]]], [[[2.0, 4.0]]]], np.float32))
    assert drawn[..., 0].tolist() == [[[128, 0]], [[191, 255]]]


def test_three_input_channels_are_colours_and_others_are_grey():
    assert filter_pictures(kernels(6, 3, 5, 5)).shape == (6, 5, 5, 3)
    assert filter_pictures(kernels(6, 1, 5, 5)).shape == (6, 5, 5, 1)
    two = np.float32([[[[3.0]], [[-1.0]]], [[[0.0]], [[-4.0]]]])
    assert filter_pictures(two).ravel().tolist() == [191, 0]


def test_filters_that_are_all_nought_are_mid_grey():
    assert set(filter_pictures(np.zeros((2, 1, 3, 3), np.float32)).ravel()) == {128}


def test_the_first_layer_of_a_convnet_is_its_first_convolution():
    weights = {"conv1.weight": kernels(6, 3, 5, 5), "conv1.bias": kernels(6)}
    found = first_filters(nodes_of("lenet_cifar", (3, 32, 32)), weights)
    assert found is not None
    assert (found.path, found.kernels.shape) == ("conv1", (6, 3, 5, 5))
    assert found.largest == np.abs(weights["conv1.weight"]).max()


def test_a_linear_layer_on_pixels_has_filters_as_large_as_the_image():
    flat = kernels(10, 784)
    found = first_filters(nodes_of("softmax", (1, 28, 28)), {"linear1.weight": flat})
    assert found is not None
    assert found.kernels[3, 0, 2, 5] == flat[3, 2 * 28 + 5]


def test_weights_that_belong_to_no_pixels_are_no_filters():
    pooled = [node for node in nodes_of("lenet_cifar", (3, 32, 32)) if node["function"] != "conv"]
    assert first_filters(pooled, {"linear1.weight": kernels(120, 400)}) is None


@pytest.mark.parametrize("count", [1, 6, 64, 300])
def test_every_number_of_filters_makes_a_figure_no_wider_than_a_phone(count):
    found = first_filters(
        nodes_of("lenet_cifar", (3, 32, 32)), {"conv1.weight": kernels(count, 3, 5, 5)}
    )
    assert found is not None
    figure = filters_figure(found)
    assert figure.get_figwidth() <= 5.2
    (image,) = figure.axes[0].images
    assert (np.asarray(image.get_array())[..., 3] == 255).sum() == 25 * min(count, 128)
