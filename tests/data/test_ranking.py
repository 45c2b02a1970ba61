import numpy as np
import pytest
from hypothesis import given, strategies as st

from imagette.data.digests import image_digests
from imagette.data.ranking import cut, limited, quotas, rank_keys


@pytest.fixture
def set_of_100(images):
    labels = np.repeat(np.arange(4, dtype=np.int32), [40, 30, 20, 10])
    return labels, image_digests(images(100))


@given(st.lists(st.integers(0, 50), min_size=1).filter(any), st.floats(0, 1))
def test_quotas_sum_to_the_total_and_stay_within_one_of_proportion(counts, share):
    total = round(share * sum(counts))
    given_out = quotas(counts, total)
    assert sum(given_out) == total
    for quota, count in zip(given_out, counts, strict=True):
        assert abs(quota - total * count / sum(counts)) < 1


def test_validation_is_exactly_stratified(set_of_100):
    # 000-11
    labels, digests = set_of_100
    taken = cut(labels, rank_keys(digests, "0"), 0.1)
    assert np.bincount(labels[taken]).tolist() == [4, 3, 2, 1]


def test_the_cut_follows_the_pictures_not_their_order(set_of_100):
    labels, digests = set_of_100
    order = np.random.Philox(key=5).random_raw(100).argsort()
    taken = cut(labels, rank_keys(digests, "0"), 0.3)
    again = cut(labels[order], rank_keys(digests[order], "0"), 0.3)
    assert np.array_equal(taken[order], again)


def test_another_seed_makes_another_cut(set_of_100):
    # 000-14
    labels, digests = set_of_100
    one, other = (cut(labels, rank_keys(digests, salt), 0.3) for salt in ("0", "1"))
    assert one.sum() == other.sum()
    assert not np.array_equal(one, other)


def test_identical_pictures_stay_on_one_side_whatever_their_classes(images):
    pictures = np.repeat(images(20), 5, axis=0)
    labels = np.arange(100, dtype=np.int32) % 2
    taken = cut(labels, rank_keys(image_digests(pictures), "0"), 0.3)
    groups = taken.reshape(20, 5)
    assert taken.any()
    assert np.array_equal(groups.all(axis=1), groups.any(axis=1))


def test_a_class_of_equal_pictures_is_left_to_training(images):
    pictures = np.concatenate([np.zeros((10, 4, 5, 1), np.uint8), images(10)])
    labels = np.repeat(np.arange(2, dtype=np.int32), 10)
    taken = cut(labels, rank_keys(image_digests(pictures), "0"), 0.5)
    assert np.bincount(labels[taken], minlength=2).tolist() == [0, 5]


def test_a_class_keeps_its_last_image(images):
    labels = np.array([0, 1, 1, 1], np.int32)
    taken = cut(labels, rank_keys(image_digests(images(4)), "0"), 0.9)
    assert not taken[0]
    assert taken.sum() == 2


def test_a_limit_keeps_classes_in_proportion_and_nests(set_of_100):
    labels, digests = set_of_100
    keys = rank_keys(digests, "0")
    small, large = limited(labels, keys, 10), limited(labels, keys, 50)
    assert np.bincount(labels[small]).tolist() == [4, 3, 2, 1]
    assert not (small & ~large).any()
    assert limited(labels, keys, 1000).all()
