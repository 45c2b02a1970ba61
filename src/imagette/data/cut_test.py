"""The test set of a source that brings none: a fifth of its images, by rank, stratified."""

from dataclasses import replace

from imagette.data.digests import image_digests
from imagette.data.ranking import cut, rank_keys
from imagette.data.raw import RawSet
from imagette.data.split import Split
from imagette.errors import DataError

SHARE = 0.2


def cut_test(raw: RawSet) -> RawSet:
    """Move `SHARE` of the training images into the test set; no seed has a say in which."""
    images, labels = raw.train.images, raw.train.labels
    taken = cut(labels, rank_keys(image_digests(images), "test"), SHARE)
    if not taken.any():
        raise DataError(
            f"{raw.origin!r} has {len(labels)} images: too few different ones to cut a test set of "
            f"{SHARE:.0%}. Add images, or give the test set apart."
        )
    return replace(
        raw,
        train=Split(images[~taken], labels[~taken]),
        test=Split(images[taken], labels[taken]),
    )
