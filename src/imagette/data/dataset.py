"""The values a training starts from, and the three doors to them; the test set has its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from imagette.data.classes import class_index
from imagette.data.frame import frame_of
from imagette.data.glance import dataset_html
from imagette.data.prepare import prepare
from imagette.data.prepared import Part, Prepared
from imagette.data.ranking import Mask, cut, limited, rank_keys
from imagette.data.spec import DataSpec
from imagette.data.split import Split
from imagette.data.streamed import held, selected
from imagette.errors import UsageError

if TYPE_CHECKING:
    import polars

__all__ = ["Dataset", "Ledger", "Split", "look_at_test", "open_data", "open_test"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and validation images of a set; its test images are not here."""

    name: str
    train: Split
    validation: Split  # empty with `validation = 0`
    class_names: tuple[str, ...]
    digest: str  # SHA-256 of the source's training images (not if streamed) and labels, uncut
    source: str  # where the files came from, in words

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        _, height, width, channels = self.train.images.shape
        return channels, height, width

    def _repr_html_(self) -> str:
        return dataset_html(self.name, self.train, len(self.validation), self.class_names)

    @property
    def splits(self) -> Mapping[str, Split]:
        """Both splits by name; one without images is left out."""
        both = {"train": self.train, "validation": self.validation}
        return {name: split for name, split in both.items() if len(split)}

    def class_name(self, label: int) -> str:
        """The name of a class; UsageError for a label that no class has."""
        if not 0 <= label < len(self.class_names):
            raise UsageError(
                f"Labels of {self.name!r} are from 0 to {len(self.class_names) - 1}. Got {label}."
            )
        return self.class_names[label]

    def label_of(self, word: str) -> int:
        """The label of the class called `word`: its name, an alias such as "car", its number."""
        return class_index(self.class_names, word)

    def floats(self, split: Literal["train", "validation"] = "train") -> NDArray[np.float32]:
        """The images of a split as float32 [N,C,H,W] from 0 to 1: pixel / 255."""
        return (self.train if split == "train" else self.validation).floats()

    def frame(self, test: Split | None = None, *, pixels: bool = False) -> "polars.DataFrame":
        """One row an image: `split`, `index`, `label`, `class`; with `pixels` its `image` too.

        The test images are not here; `test` (of `look_at_test`) adds them.
        """
        splits = dict(self.splits) if test is None else {**self.splits, "test": test}
        return frame_of(splits, self.class_names, pixels)


class Ledger(Protocol):
    """Who writes down that a test set is opened; to raise is to refuse."""

    def record(self, dataset: str, digest: str) -> None: ...


def open_data(spec: DataSpec, data_dir: Path | None = None, base: Path | None = None) -> Dataset:
    """Training and validation images of the set that `spec` names; the test files stay shut.

    `data_dir` is looked through first where the set is not cached; code of one's own is looked for
    in `base`, the experiment's folder, then in the working folder. Raises UsageError for what the
    user got wrong, DataError for data that cannot be had or are not what they should be.

    >>> data = open_data(DataSpec(name="fashion-sample"))
    >>> data.train.images.shape, data.validation.images.shape
    ((9000, 28, 28, 1), (1000, 28, 28, 1))
    """
    prepared = prepare(spec, data_dir, base)
    part = prepared.part("train")
    return cut_dataset(part, spec, prepared.class_names, prepared.digests["train"], prepared.origin)


def cut_dataset(
    part: Part, spec: DataSpec, class_names: tuple[str, ...], digest: str, source: str
) -> Dataset:
    """Training images cut as `spec` says, by their rank, into training and validation."""
    validation, train = _masks(part, spec, len(class_names))
    return Dataset(
        name=spec.name,
        train=_selected(part, train),
        validation=_selected(part, validation),
        class_names=class_names,
        digest=digest,
        source=source,
    )


def open_test(
    spec: DataSpec, ledger: Ledger, data_dir: Path | None = None, base: Path | None = None
) -> Split:
    """The sealed test images, after `ledger` has recorded that they are opened."""
    prepared = prepare(spec, data_dir, base)
    ledger.record(spec.name, prepared.digests["test"])
    return _test(prepared)


def look_at_test(spec: DataSpec, data_dir: Path | None = None, base: Path | None = None) -> Split:
    """The test images for looking alone (grids, statistics, duplicates), never for a network."""
    return _test(prepare(spec, data_dir, base))


def _test(prepared: Prepared) -> Split:
    part = prepared.part("test")
    return Split(held(part.images), part.labels)


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
    """The images of a mask, in the order of the source; many stay where they lie on the disk."""
    if mask.all():
        return Split(held(part.images), part.labels)
    return Split(selected(part.images, mask), part.labels[mask])
