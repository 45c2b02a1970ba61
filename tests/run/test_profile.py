"""What `imagette profile` measures: rates of the graph's own counts, and the time of every node."""

import numpy as np
import pytest

from imagette.engines.convolution_case import OPERATIONS
from imagette.engines.protocol import EngineSpec
from imagette.errors import UsageError
from imagette.network import named, parse, walk
from imagette.run.profile import profile

LENET = walk(named("lenet_cifar"), (3, 32, 32))


@pytest.fixture(scope="module")
def found():
    return profile(LENET, EngineSpec(device="cpu", threads=1), batch=20, seconds=0.1)


def test_gflops_are_images_by_the_published_counts(found):  # 001-09
    forward, backward = 2 * 651_720, 2 * 950_640  # docs/requirements.md: additions are as many
    assert found.inference.gflops == pytest.approx(
        found.inference.images_per_second * forward / 1e9
    )
    work = sum(node.operations for node in found.nodes)
    assert found.training.gflops == pytest.approx(found.training.images_per_second * work / 1e9)
    assert work == pytest.approx(forward + backward, rel=0.01)  # a gradient's sums are a few less


def test_shares_are_of_the_peak_in_the_same_precision(found):
    assert set(found.peaks) == {"float32", "bfloat16"}
    assert found.training.share == found.training.gflops / found.peaks["float32"]
    low = EngineSpec(device="cpu", threads=1, precision="bfloat16")
    other = profile(LENET, low, batch=20, seconds=0.1)
    assert other.training.share == other.training.gflops / other.peaks["bfloat16"]
    assert other.inference.share == other.inference.gflops / other.peaks["float32"]


def test_the_peak_is_a_convolution_and_both_its_gradients():
    graph = walk(parse("conv 128 3x3 pad=same bias=no\nmean\nlinear classes"), (128, 16, 16), 10)
    assert 32 * 3 * 2 * graph.nodes[0].cost.multiplications == OPERATIONS


def test_every_node_has_its_time_and_the_rest_is_told(found):
    assert [node.path for node in found.nodes] == [node.path for node in LENET.nodes]
    assert all(node.forward_seconds > 0 for node in found.nodes)
    assert all(node.backward_seconds > 0 for node in found.nodes)
    told = sum(node.seconds for node in found.nodes) + found.elsewhere
    assert told == pytest.approx(found.watched_seconds)
    assert found.elsewhere > 0


def test_jax_gives_whole_figures_alone():
    found = profile(LENET, EngineSpec(name="jax", device="cpu"), batch=20, seconds=0.1)
    assert found.nodes is found.overhead is found.elsewhere is None
    assert set(found.peaks) == {"float32"}
    assert np.isfinite(found.training.share)


def test_a_norm_over_one_image_is_refused():
    with pytest.raises(UsageError, match=r"^batchnorm7 normalises over the batch"):
        profile(walk(named("vgg8"), (3, 32, 32)), EngineSpec(device="cpu"), batch=1)
