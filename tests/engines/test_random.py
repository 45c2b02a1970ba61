import numpy as np
import pytest

from imagette.engines.random import bits, dropout_keep
from imagette.words import halves, permutation, uniform


def test_the_words_of_a_seed_never_change():  # 000-14
    # Recorded on 2026-11-21: a change here would change every figure ever published.
    assert bits(0, "order", 1, 2).tolist() == [15140392680308547718, 4400964929390015243]


def test_seeds_purposes_and_indices_draw_apart():  # 000-14
    drawn = [
        bits(*key, 4).tolist()
        for key in [(0, "order", 1), (1, "order", 1), (0, "flip", 1), (0, "order", 2)]
    ]
    assert len({tuple(words) for words in drawn}) == 4


def test_a_longer_draw_begins_with_the_shorter():
    assert bits(7, "x", 0, 100)[:10].tolist() == bits(7, "x", 0, 10).tolist()


def test_a_permutation_holds_every_image_once():  # 003-T2
    assert sorted(permutation(bits(0, "order", 1, 1000)).tolist()) == list(range(1000))


def test_uniform_numbers_fill_the_unit_interval():
    numbers = uniform(bits(0, "u", 0, 20_000))
    assert 0 <= numbers.min() < 0.001
    assert 0.999 < numbers.max() < 1
    assert abs(numbers.mean() - 0.5) < 0.01


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5, 0.9])
def test_dropout_keeps_the_right_share(rate):  # 000-T2
    keys = halves(bits(0, "dropout", 0, 50))
    kept = np.mean([dropout_keep(key, 4096, rate).mean() for key in keys])
    assert abs(kept - (1 - rate)) < 4 * np.sqrt(rate * (1 - rate) / (50 * 4096))


def test_dropout_masks_of_two_steps_are_independent():  # 000-T2
    keys = halves(bits(0, "dropout", 0, 40))
    masks = np.array([dropout_keep(key, 10_000, 0.5) for key in keys]) - 0.5
    products = (masks @ masks.T) / (0.25 * 10_000)
    np.fill_diagonal(products, 0)
    assert np.abs(products).max() < 5 / np.sqrt(10_000)


def test_neighbouring_elements_of_a_dropout_mask_are_independent():
    mask = dropout_keep(halves(bits(0, "dropout", 0, 1))[0], 100_000, 0.5) - 0.5
    for lag in (1, 2, 3, 4, 8, 16, 32, 64, 784):
        assert abs((mask[lag:] * mask[:-lag]).mean() / 0.25) < 5 / np.sqrt(100_000)
