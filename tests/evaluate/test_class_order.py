from itertools import groupby

import numpy as np

from imagette.evaluate.class_order import class_order


def families(sizes: int, each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A matrix whose classes are confused within their family alone, and the family of each."""
    rng = np.random.default_rng(seed)
    family = rng.permutation(np.repeat(np.arange(sizes), each))
    same = family[:, None] == family[None, :]
    counts = rng.integers(2, 9, same.shape) * same + 60 * np.eye(len(family), dtype=int)
    counts += rng.random(same.shape) < 0.3  # everything is sometimes taken for everything
    return counts, family


def test_classes_that_are_confused_become_neighbours():
    for seed in range(5):
        counts, family = families(20, 5, seed)
        order = list(class_order(counts.tolist()))
        assert sorted(order) == list(range(100))
        assert len(list(groupby(family[order]))) == 20


def test_confused_classes_stand_nearer_than_before():
    counts, _ = families(8, 3, 0)
    apart = np.abs(np.subtract.outer(np.arange(24), np.arange(24)))
    order = np.array(class_order(counts.tolist()))
    assert (counts[np.ix_(order, order)] * apart).sum() < 0.6 * (counts * apart).sum()


def test_without_confusions_the_order_is_one_and_the_same():
    nothing_wrong = (5 * np.eye(30, dtype=int)).tolist()
    assert sorted(class_order(nothing_wrong)) == list(range(30))
    assert class_order(nothing_wrong) == class_order(nothing_wrong)


def test_few_classes_and_classes_without_images_have_an_order_too():
    assert class_order([[1]]) == (0,)
    assert class_order([[0, 3], [3, 0]]) == (0, 1)
    assert sorted(class_order(np.zeros((25, 25), int).tolist())) == list(range(25))
