"""A data set at a glance, for notebooks: a few images of each class, and how many there are."""

from collections.abc import Iterator, Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from imagette import notebook
from imagette.data.split import Split
from imagette.data.streamed import StreamedImages

SAMPLES = 6  # of a class
MOST_CLASSES = 20
HEIGHT = 40  # of a picture on the page, in pixels


def dataset_html(name: str, train: Split, num_validation: int, class_names: Sequence[str]) -> str:
    """A row a class with its first training images in one small PNG; escaped."""
    _, height, width, channels = train.images.shape
    return notebook.table(
        f"{name}: {len(train):,} training and {num_validation:,} validation images "
        f"{channels}x{height}x{width}, {len(class_names)} classes",
        ("class", "training images", "the first"),
        _rows(train, class_names),
    )


def _rows(train: Split, class_names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    counts = np.bincount(train.labels, minlength=len(class_names)).tolist()
    for label, (name, count) in enumerate(zip(class_names, counts, strict=True)):
        seen = _samples(train, label, name) if label < MOST_CLASSES else ""
        yield name, count, seen


def _samples(train: Split, label: int, name: str) -> object:
    if isinstance(train.images, StreamedImages):  # reading them may take long
        return "read from their items each time"
    rows = np.flatnonzero(train.labels == label)[:SAMPLES]
    if not len(rows):
        return ""
    return notebook.picture(
        _png(np.concatenate(list(train.images[rows]), axis=1)), f"{len(rows)} of {name}", HEIGHT
    )


def _png(image: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    buffer = BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(buffer, "PNG")
    return buffer.getvalue()
