"""The images that stand for the cells of a confusion matrix."""

import numpy as np

from imagette.evaluate.cells import images_behind
from imagette.evaluate.metrics import confusion
from imagette.evaluate.predictions import Predictions


def predictions(n=3000, classes=10, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, n).astype(np.int32)
    return Predictions(random.normal(size=(n, classes)).astype(np.float32), labels)


def test_a_cell_holds_images_of_that_cell_alone_and_at_most_twelve():
    seen = predictions()
    table = confusion(seen)
    behind = images_behind(seen)
    for (true, predicted), images in behind.items():
        assert len(images) == min(12, table[true, predicted])
        assert (seen.labels[list(images)] == true).all()
        assert (seen.predicted[list(images)] == predicted).all()
    assert len(behind) == np.count_nonzero(table)


def test_the_surest_mistakes_and_the_least_sure_of_what_is_right_come_first():
    logits = np.array([[1, 0], [5, 0], [3, 0], [2, 0]], np.float32)
    seen = Predictions(logits, np.array([1, 1, 0, 0], np.int32))
    assert images_behind(seen) == {(1, 0): (1, 0), (0, 0): (3, 2)}


def test_many_cells_share_the_pictures_there_is_room_for():
    behind = images_behind(predictions(n=5000, classes=100), total=1200)
    numbers = [len(images) for images in behind.values()]
    assert sum(numbers) <= 1200
    assert max(numbers) == 1
