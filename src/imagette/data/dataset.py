"""The values a training starts from, and the three doors to them; the test set has its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from imagette.data.prepare import prepare
from imagette.data.prepared import Part, Prepared
from imagette.data.ranking import Mask, cut, limited, rank_keys
from imagette.data.spec import DataSpec
from imagette.data.split import Split
from imagette.errors import UsageError

__all__ = ["Dataset", "Ledger", "Split", "look_at_test", "open_data", "open_test"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and validation images of a set; its test images are not here."""

    name: str
    train: Split
    validation: Split  # empty with `validation = 0`
    class_names: tuple[str, ...]
    digest: str  # SHA-256 of the source's training images and labels, before any cut
    source: str  # where the files came from, in words

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        height, width, channels = self.train.images.shape[1:]
        return channels, height, width


class Ledger(Protocol):
    """Who writes down that a test set is opened; to raise is to refuse."""

    def record(self, dataset: str, digest: str) -> None: ...


def open_data(spec: DataSpec, data_dir: Path | None = None) -> Dataset:
    """Training and validation images of the set that `spec` names; the test files stay shut.

    `data_dir` is looked through first where the set is not cached. Raises UsageError for what the
    user got wrong, DataError for data that cannot be had or are not what they should be.

    >>> data = open_data(DataSpec(name="fashion-sample"))
    >>> data.train.images.shape, data.validation.images.shape
    ((9000, 28, 28, 1), (1000, 28, 28, 1))
    """
    prepared = prepare(spec, data_dir)
    part = prepared.part("train")
    validation, train = _masks(part, spec, len(prepared.class_names))
    return Dataset(
        name=spec.name,
        train=_selected(part, train),
        validation=_selected(part, validation),
        class_names=prepared.class_names,
        digest=prepared.digests["train"],
        source=prepared.origin,
    )


def open_test(spec: DataSpec, ledger: Ledger, data_dir: Path | None = None) -> Split:
    """The sealed test images, after `ledger` has recorded that they are opened."""
    prepared = prepare(spec, data_dir)
    ledger.record(spec.name, prepared.digests["test"])
    return _test(prepared)


def look_at_test(spec: DataSpec, data_dir: Path | None = None) -> Split:
    """The test images for looking alone (grids, statistics, duplicates), never for a network."""
    return _test(prepare(spec, data_dir))


def _test(prepared: Prepared) -> Split:
    part = prepared.part("test")
    return Split(part.images, part.labels)


def _masks(part: Part, spec: DataSpec, classes: int) -> tuple[Mask, Mask]:
    """Which images are validation, which training."""
    labels = np.asarray(part.labels)
    validation = np.zeros(len(labels), np.bool_)
    if spec.validation == 0 and spec.limit is None:
        return validation, ~validation
    if spec.limit is not None and spec.limit < classes:
        raise UsageError(
            f"data.limit must leave an image for each of the {classes} classes. Got {spec.limit}."
        )
    keys = rank_keys(part.digests, str(spec.split_seed))
    if spec.validation:
        validation = cut(labels, keys, spec.validation)
    train = ~validation
    if spec.limit is not None:
        train[train] = limited(labels[train], keys[train], spec.limit)
    return validation, train


def _selected(part: Part, mask: Mask) -> Split:
    """The images of a mask, in the order of the source; all of them stay memory-mapped."""
    if mask.all():
        return Split(part.images, part.labels)
    return Split(part.images[mask], part.labels[mask])
