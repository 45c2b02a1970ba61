"""The real sets, from wherever this machine finds or fetches them: published figures as truth."""

import numpy as np
import pytest

from imagette.data.cache import check_cached
from imagette.data.dataset import look_at_test, open_data
from imagette.data.digests import image_digests
from imagette.data.duplicates import equal_pictures
from imagette.data.sources import NAMED
from imagette.data.spec import DataSpec
from imagette.data.statistics import channel_statistics

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("real_cache")]

STATISTICS = {
    "mnist": ([0.1307], [0.3081], 5e-5),
    "fashion-mnist": ([0.2860], [0.3530], 6e-5),  # .28604 and .35302
    "cifar10": (
        [0.49139968, 0.48215841, 0.44653091],
        [0.24703223, 0.24348513, 0.26158784],
        5e-9,
    ),
}


@pytest.mark.parametrize("name", STATISTICS)
def test_the_training_images_have_the_published_statistics(name):
    # 000-01, 002-01, 002-27, 003-05
    mean, deviation, tolerance = STATISTICS[name]
    found = channel_statistics(open_data(DataSpec(name=name, validation=0)).train.images)
    assert np.allclose(found.mean, mean, rtol=0, atol=tolerance)
    assert np.allclose(found.deviation, deviation, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["cifar10", "fashion-mnist"])
def test_the_classes_are_balanced(name):
    # 000-01
    train = open_data(DataSpec(name=name, validation=0)).train
    each = len(train) // 10
    assert np.bincount(train.labels).tolist() == [each] * 10
    assert np.bincount(look_at_test(DataSpec(name=name)).labels).tolist() == [1000] * 10


def test_mnist_has_its_published_sizes():
    # 002-01
    assert open_data(DataSpec(name="mnist", validation=0)).train.images.shape == (60000, 28, 28, 1)
    assert look_at_test(DataSpec(name="mnist")).images.shape == (10000, 28, 28, 1)


def test_height_and_width_of_cifar10_are_not_swapped():
    # 003-08: the first picture is a frog whose upper left pixel is (59, 62, 63), right of it
    # (43, 46, 45), below it (16, 20, 20)
    first = open_data(DataSpec(name="cifar10", validation=0)).train
    assert first.labels[0] == NAMED["cifar10"].class_names.index("frog")
    assert first.images[0, 0, 0].tolist() == [59, 62, 63]
    assert first.images[0, 0, 1].tolist() == [43, 46, 45]
    assert first.images[0, 1, 0].tolist() == [16, 20, 20]


@pytest.mark.parametrize("name", STATISTICS)
def test_the_cache_has_its_digests(name):
    open_data(DataSpec(name=name))
    assert check_cached(name).counts == NAMED[name].counts


def test_the_embedded_sample_is_a_part_of_fashion_mnist():
    # 002-27, 000-T1
    for door in (lambda spec: open_data(spec).train, look_at_test):
        whole, sample = door(DataSpec(name="fashion-mnist", validation=0)), door(DataSpec())
        pairs = equal_pictures(image_digests(whole.images), image_digests(sample.images))
        assert len(pairs) == len(sample)
        origin = np.array([index for index, _ in pairs])
        assert np.array_equal(whole.labels[origin], sample.labels)
