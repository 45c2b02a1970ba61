import numpy as np
import pytest

from imagette.evaluate.predictions import Predictions


@pytest.fixture
def seen() -> Predictions:
    """Six images of three classes: classes 0 and 1 are right 2 of 3 and 1 of 2, class 2 wrong."""
    predicted = [0, 0, 1, 1, 2, 0]
    labels = np.array([0, 0, 0, 1, 1, 2], np.int32)
    return Predictions(3 * np.eye(3, dtype=np.float32)[predicted], labels)


@pytest.fixture
def twenty() -> Predictions:
    """500 images of twenty classes, with noisy logits that lean towards the truth."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 20, 500).astype(np.int32)
    logits = rng.normal(size=(500, 20)) + 2 * np.eye(20)[labels]
    return Predictions(logits.astype(np.float32), labels)
