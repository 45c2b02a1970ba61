"""Small images and labels, the same each time."""

import numpy as np
from numpy.typing import NDArray


def images(count: int, height: int = 4, width: int = 5, channels: int = 1) -> NDArray[np.uint8]:
    words = np.random.Philox(key=count).random_raw(count * height * width * channels)
    return (words % 256).astype(np.uint8).reshape(count, height, width, channels)


def labels(count: int, classes: int = 2) -> NDArray[np.int32]:
    return np.arange(count, dtype=np.int32) % classes
