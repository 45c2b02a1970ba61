"""Objects with `__getitem__` and `__len__` read into a split, every item checked."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels
from imagette.data.notice import notice
from imagette.data.pixels import (
    Hold,
    as_bytes,
    as_floats,
    fit_bytes,
    image_of,
    images_of,
    label_of,
    labels_of,
)
from imagette.data.progress import counted
from imagette.data.raw import LARGEST_BYTES
from imagette.data.split import Split
from imagette.data.streamed import StreamedImages, stored
from imagette.errors import DataError, UsageError
from imagette.pointers import said, told_in_one_line

Collate = Callable[[list[Any]], Any]
"""From a list of items to (images, labels), as many of each; the last list may be shorter."""

_BATCH = 256
_READ_AGAIN = 8  # a flip of one image in two goes unseen once in 256 times
_READ_FIRST = 64  # where what changes is welcome, and would be kept if it went unseen


def split_of(thing: Any, what: str, collate: Collate | None = None, direct: bool = False) -> Split:
    """The images and labels of `thing`, which messages call `what`.

    It is a Split, arrays (images, labels), a Dataset (training and validation images together), or
    an object whose items are (image, label), or whatever `collate` makes so. Raises DataError for
    items that are not, that change from one reading to the next, or that are fewer than said.

    With `direct`, images that bytes cannot hold or that change are streamed: only the labels are
    read now. Labels that change are refused then too, at the reading that finds it.

    >>> split_of([(np.zeros((4, 4), np.uint8), 1), (np.ones((4, 4), np.uint8), 0)], "it").labels
    array([1, 0], dtype=int32)
    """
    if isinstance(thing, Split):
        thing = (stored(thing.images), thing.labels)
    if are_arrays(thing) and direct and np.issubdtype(np.asarray(thing[0]).dtype, np.floating):
        thing = _Rows(thing[0], labels_of(thing[1], len(thing[0]), what))
    if are_arrays(thing):
        images = images_of(thing[0], f"The images of {what}")
        return Split(images, labels_of(thing[1], len(images), what))
    if isinstance(getattr(thing, "train", None), Split):
        return _joined(thing.train, thing.validation)
    has_items = hasattr(thing, "__getitem__") and hasattr(thing, "__len__")
    if isinstance(thing, type) or not has_items:
        hint = " Give its .dataset." if hasattr(thing, "dataset") else ""
        raise DataError(
            f"{what} must be an object with __getitem__ and __len__, or arrays (images, labels). "
            f"Got {_kind(thing)}.{hint}"
        )
    items = _Items(thing, what, collate)
    return items.streamed() if direct and items.must_stream() else items.read()


def are_arrays(thing: Any) -> bool:
    """Whether it is a pair (images, labels), not a pair of data sets: no data set has a dtype."""
    return isinstance(thing, tuple) and len(thing) == 2 and hasattr(thing[0], "dtype")


def names_within(thing: object) -> tuple[str, ...] | None:
    """The class names that an object gives as `class_names` or `classes`."""
    for attribute in ("class_names", "classes"):
        names = getattr(thing, attribute, None)
        if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
            return tuple(names)
    return None


@dataclass(frozen=True)
class _Rows:
    """Arrays as an object with items."""

    images: Any
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return self.images[index], int(self.labels[index])


class _Items:
    """One's own data set being read, and what to call it."""

    def __init__(self, thing: Any, what: str, collate: Collate | None) -> None:
        self.thing, self.what, self.collate = thing, what, collate
        self.shape: tuple[int, ...] = ()  # of the first image that was read
        with told_in_one_line(f"len() of {what} raised"):
            self.count = len(thing)
        if self.count == 0:
            raise DataError(f"{what} has no items: its __len__ gives 0.")

    def read(self) -> Split:
        """All items, a batch at a time into their place."""
        starts = range(0, self.count, _BATCH)
        images: NDArray[np.uint8] | None = None
        labels = np.empty(self.count, np.int32)
        for start in counted(starts, f"reading {self.what}"):
            stop = min(start + _BATCH, self.count)
            some, labels[start:stop] = self._batch(range(start, stop))
            if images is None:
                images = self._room()
            images[start:stop] = some
        assert images is not None
        self._check_again(images, labels)
        return Split(images, labels)

    def must_stream(self) -> bool:
        """Whether bytes cannot hold the first items, or they change when they are read again."""
        first = range(min(self.count, _READ_FIRST))
        images, _ = self._batch(first, as_floats)
        again, _ = self._batch(first, as_floats)
        return not (fit_bytes(images) and np.array_equal(images, again))

    def streamed(self) -> Split:
        """Labels as they are now, and images that are read whenever they are used."""
        labels = np.empty(self.count, np.int32)
        for start in counted(range(0, self.count, _BATCH), f"reading the labels of {self.what}"):
            stop = min(start + _BATCH, self.count)
            _, labels[start:stop] = self._batch(range(start, stop), as_floats)
        self._check_end()
        read = partial(self._read_again, labels)
        identity = hashlib.sha256(labels.astype("<i4").tobytes()).digest()
        return Split(StreamedImages(read, self.shape, np.arange(self.count), identity), labels)

    def _read_again(self, labels: Labels, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Images as floats, found to have these labels and this shape at the first reading."""
        indices: list[int] = rows.tolist()
        try:
            images, found = self._batch(indices, as_floats)
        except UsageError as error:  # no mistake in what the user asked for, this late
            raise DataError(str(error)) from error
        for index, label in zip(indices, found.tolist(), strict=True):
            if label != labels[index]:
                raise DataError(
                    f"Item {index} of {self.what} has the label {label}, and had {labels[index]} "
                    "at the first reading: images may change, labels and their order may not."
                )
        floats: NDArray[np.float32] = images
        return floats

    def _batch(self, indices: Sequence[int], hold: Hold = as_bytes) -> tuple[NDArray[Any], Labels]:
        items = [self._item(index) for index in indices]
        if self.collate is not None:
            return self._collated(items, self.collate, indices, hold)
        images, labels = [], []
        for index, item in zip(indices, items, strict=True):
            what = f"Item {index} of {self.what}"
            image, label = _pair(item, what)
            images.append(image_of(image, what, hold))
            self._same_shape(images[-1].shape, index)
            labels.append(label_of(label, what))
        return np.stack(images), labels_of(labels, len(images), self.what)

    def _collated(
        self, items: list[Any], collate: Collate, indices: Sequence[int], hold: Hold
    ) -> tuple[NDArray[Any], Labels]:
        given = (
            f"items {indices[0]} to {indices[-1]}"
            if isinstance(indices, range)
            else f"{len(indices)} items from item {indices[0]} on"
        )
        what = f"The collate function of {self.what}, given {given},"
        with told_in_one_line(f"{what} raised"):
            made = collate(items)
        images, labels = _pair(made, what)
        pixels = images_of(images, what, hold)
        if len(pixels) != len(items):
            raise DataError(
                f"{what} must give as many images as items, {len(items)}. Got {len(pixels)}."
            )
        self._same_shape(pixels.shape[1:], indices[0])
        return pixels, labels_of(labels, len(items), what)

    def _item(self, index: int) -> Any:
        with told_in_one_line(f"Item {index} of {self.what} raised"):
            try:
                return self.thing[index]
            except IndexError as error:
                raise DataError(
                    f"{self.what} says that it has {self.count:,} items, but item {index} raised "
                    f"{said(error)}"
                ) from error

    def _room(self) -> NDArray[np.uint8]:
        if self.count * int(np.prod(self.shape)) > LARGEST_BYTES:
            raise DataError(
                f"{self.count:,} images of {_size(self.shape)} in {self.what} take more than "
                f"{LARGEST_BYTES >> 30} GiB. Make them smaller or fewer."
            )
        return np.empty((self.count, *self.shape), np.uint8)

    def _same_shape(self, shape: tuple[int, ...], index: int) -> None:
        self.shape = self.shape or shape
        if shape != self.shape:
            raise DataError(
                f"Item {index} of {self.what} is {_size(shape)} (height x width x "
                f"channels), the first {_size(self.shape)}: bring all to one size and colour."
            )

    def _check_again(self, images: NDArray[np.uint8], labels: Labels) -> None:
        again, their_labels = self._batch(range(min(self.count, _READ_AGAIN)))
        for index, (image, label) in enumerate(zip(again, their_labels, strict=True)):
            if label != labels[index] or not np.array_equal(image, images[index]):
                raise DataError(
                    f"Item {index} of {self.what} changes from one reading to the next: leave "
                    "random changes to recipe.augment, or set cache = false."
                )
        self._check_end()

    def _check_end(self) -> None:
        try:
            self.thing[self.count]
        except Exception:  # as it should
            return
        notice(
            f"{self.what} says that it has {self.count:,} items and gives more, which are unused; "
            "past its end, __getitem__ should raise IndexError"
        )


def _pair(item: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(item, tuple | list) or len(item) != 2:
        given = f"{len(item)} values" if isinstance(item, tuple | list) else _kind(item)
        raise DataError(
            f"{what} must give (image, label). Got {given}. A function of yours can make it so: "
            "collate, from a list of items to (images, labels)."
        )
    return item[0], item[1]


def _joined(train: Split, validation: Split) -> Split:
    return Split(
        np.concatenate([stored(train.images), stored(validation.images)]),
        np.concatenate([train.labels, validation.labels]),
    )


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _kind(thing: object) -> str:
    return f"the class {thing.__name__}" if isinstance(thing, type) else f"a {type(thing).__name__}"
