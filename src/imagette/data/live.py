"""Data that are already in memory, as a data set."""

from collections.abc import Sequence

from pydantic import ValidationError

from imagette.data.dataset import Dataset, cut_dataset
from imagette.data.digests import content_digest, image_digests
from imagette.data.items import Collate, names_within, split_of
from imagette.data.own_set import check_classes, numbered
from imagette.data.prepared import Part
from imagette.data.spec import DataSpec
from imagette.errors import UsageError
from imagette.problems import describe_problems


def dataset_of(
    data: object,
    *,
    validation: float = 0.1,
    split_seed: int = 0,
    class_names: Sequence[str] | None = None,
    collate: Collate | None = None,
    name: str = "live",
    cache: bool = True,
) -> Dataset:
    """Live objects as a data set: arrays (images, labels), or an object whose items are such pairs.

    Images are uint8 [N,H,W], [N,H,W,C] or [N,C,H,W], or floats k/255, C 1 or 3; labels are whole
    numbers from 0, none left out. `collate` makes (images, labels) of a list of other items.
    Validation is cut by the ranking that `open_data` uses. Class names are those given, else the
    object's `class_names` or `classes`, else labels. With `cache = False`, images that are any
    floats, or that change from one reading to the next, are read each time they are used; they
    are ranked by their index, not by their pixels. A Dataset is returned as it is. Raises
    UsageError for arguments, DataError for data that cannot train a classifier.

    >>> import numpy as np
    >>> images = np.arange(20 * 4 * 4, dtype=np.uint16).astype(np.uint8).reshape(20, 4, 4)
    >>> data = dataset_of((images, np.arange(20) % 2), validation=0.2)
    >>> data.input_shape, len(data.train)
    ((1, 4, 4), 16)
    """
    if isinstance(data, Dataset):
        return data
    try:
        spec = DataSpec(name=name, validation=validation, split_seed=split_seed, cache=cache)
    except ValidationError as error:
        raise UsageError(describe_problems(error, DataSpec, "dataset_of")) from None
    given = "(images, labels)" if isinstance(data, tuple) else type(data).__name__
    train = split_of(data, given, collate, direct=not cache)
    names = tuple(class_names or names_within(data) or numbered(train.labels))
    check_classes(names, train, given)
    part = Part(train.images, train.labels, image_digests(train.images))
    digest = content_digest(train.images, train.labels)
    return cut_dataset(part, spec, names, digest, "live objects")
