"""A set of one's own: checked, and given a test set where it brings none."""

import numpy as np

from imagette.arrays import Labels
from imagette.data.classes import check_names
from imagette.data.digests import image_digests
from imagette.data.ranking import cut, rank_keys
from imagette.data.raw import RawSet, check_labels
from imagette.data.split import Split
from imagette.data.streamed import selected
from imagette.errors import DataError

TEST_SHARE = 0.2


def own_set(class_names: tuple[str, ...], train: Split, test: Split | None, origin: str) -> RawSet:
    """The set, or a DataError for what cannot train a classifier.

    Without `test`, `TEST_SHARE` of the images become the test set: by rank, stratified, identical
    pictures together; no seed has a say in which.
    """
    check_classes(class_names, train, origin)
    if test is None:
        train, test = _cut_test(train, origin)
    check_labels(test.labels, class_names, f"{origin!r} (test)")
    if train.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"Training and test images of {origin!r} must be of one shape. Got "
            f"{list(train.images.shape[1:])} and {list(test.images.shape[1:])}."
        )
    if len(test) == 0:
        raise DataError(f"{origin!r} has an empty test set: add images, or leave it out.")
    return RawSet(class_names, train, test, origin)


def numbered(labels: Labels) -> tuple[str, ...]:
    """Names for classes that have none; no more of them than there are images."""
    count = min(int(labels.max(initial=-1)) + 1, len(labels) + 1)
    return tuple(map(str, range(count)))


def check_classes(class_names: tuple[str, ...], train: Split, origin: str) -> None:
    """Refuse labels that no class has, a single class, and a class without a training image."""
    check_names(class_names, origin)
    check_labels(train.labels, class_names, f"{origin!r} (training)")
    if len(class_names) < 2:
        raise DataError(
            f"A classifier needs at least two classes. {origin!r} has {len(class_names)}: "
            f"{', '.join(map(repr, class_names))}."
        )
    absent = np.flatnonzero(np.bincount(train.labels, minlength=len(class_names)) == 0)
    if len(absent):
        raise DataError(
            f"Every class needs a training image. {origin!r} has none for "
            f"{class_names[absent[0]]!r} (label {absent[0]})."
        )


def _cut_test(whole: Split, origin: str) -> tuple[Split, Split]:
    keys = rank_keys(image_digests(whole.images), "test")
    taken = cut(whole.labels, keys, TEST_SHARE)
    if not taken.any():
        raise DataError(
            f"{origin!r} has {len(whole)} images: too few different ones to cut a test set of "
            f"{TEST_SHARE:.0%}. Add images, or give the test set apart."
        )
    return (
        Split(selected(whole.images, ~taken), whole.labels[~taken]),
        Split(selected(whole.images, taken), whole.labels[taken]),
    )
