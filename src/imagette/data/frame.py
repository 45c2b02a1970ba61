"""Splits as a polars data frame: one row an image."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from imagette.data.split import Split
from imagette.data.streamed import stored

if TYPE_CHECKING:
    import polars


def frame_of(
    splits: Mapping[str, Split], class_names: Sequence[str], pixels: bool = False
) -> "polars.DataFrame":
    """Columns `split`, `index` (within its split), `label`, `class`; `image` too with `pixels`.

    An `image` is an array column of uint8 [H,W,C], so `frame["image"].to_numpy()` is [N,H,W,C].

    >>> split = Split(np.zeros((2, 4, 4, 1), np.uint8), np.array([1, 0], np.int32))
    >>> frame_of({"train": split}, ["cat", "dog"]).row(0)
    ('train', 0, 1, 'dog')
    """
    import polars

    names = polars.Series("class", class_names, polars.String)
    labels = np.concatenate([split.labels for split in splits.values()])
    columns = [
        polars.Series("split", [name for name, split in splits.items() for _ in range(len(split))]),
        polars.Series("index", np.concatenate([np.arange(len(s)) for s in splits.values()])),
        polars.Series("label", labels),
        names.gather(labels),
    ]
    if pixels:
        images = np.concatenate([stored(split.images) for split in splits.values()])
        columns.append(polars.Series("image", images))
    return polars.DataFrame(columns)
