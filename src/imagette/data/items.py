"""Objects with `__getitem__` and `__len__` read into a split, every item checked."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels
from imagette.data.notice import notice
from imagette.data.pixels import image_of, images_of, label_of, labels_of
from imagette.data.progress import counted
from imagette.data.raw import LARGEST_BYTES
from imagette.data.split import Split
from imagette.errors import DataError
from imagette.pointers import said, told_in_one_line

Collate = Callable[[list[Any]], Any]
"""From a list of items to (images, labels), as many of each; the last list may be shorter."""

_BATCH = 256
_READ_AGAIN = 8  # a flip of one image in two goes unseen once in 256 times


def split_of(thing: Any, what: str, collate: Collate | None = None) -> Split:
    """The images and labels of `thing`, which messages call `what`.

    It is a Split, arrays (images, labels), a Dataset (training and validation images together), or
    an object whose items are (image, label), or whatever `collate` makes so. Raises DataError for
    items that are not, that change from one reading to the next, or that are fewer than said.

    >>> split_of([(np.zeros((4, 4), np.uint8), 1), (np.ones((4, 4), np.uint8), 0)], "it").labels
    array([1, 0], dtype=int32)
    """
    if isinstance(thing, Split):
        thing = (thing.images, thing.labels)
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
    return _Items(thing, what, collate).read()


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


class _Items:
    """One's own data set being read, and what to call it."""

    def __init__(self, thing: Any, what: str, collate: Collate | None) -> None:
        self.thing, self.what, self.collate = thing, what, collate
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
                images = self._room(some.shape[1:])
            self._same_shape(some, images.shape[1:], start)
            images[start:stop] = some
        assert images is not None
        self._check_again(images, labels)
        return Split(images, labels)

    def _batch(self, indices: range) -> tuple[NDArray[np.uint8], Labels]:
        items = [self._item(index) for index in indices]
        if self.collate is not None:
            return self._collated(items, self.collate, indices)
        images, labels = [], []
        for index, item in zip(indices, items, strict=True):
            what = f"Item {index} of {self.what}"
            image, label = _pair(item, what)
            images.append(image_of(image, what))
            self._same_shape(images[-1][np.newaxis], images[0].shape, index)
            labels.append(label_of(label, what))
        return np.stack(images), labels_of(labels, len(images), self.what)

    def _collated(
        self, items: list[Any], collate: Collate, indices: range
    ) -> tuple[NDArray[np.uint8], Labels]:
        what = f"The collate function of {self.what}, given items {indices[0]} to {indices[-1]},"
        with told_in_one_line(f"{what} raised"):
            made = collate(items)
        images, labels = _pair(made, what)
        pixels = images_of(images, what)
        if len(pixels) != len(items):
            raise DataError(
                f"{what} must give as many images as items, {len(items)}. Got {len(pixels)}."
            )
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

    def _room(self, shape: Sequence[int]) -> NDArray[np.uint8]:
        if self.count * int(np.prod(shape)) > LARGEST_BYTES:
            raise DataError(
                f"{self.count:,} images of {_size(shape)} in {self.what} take more than "
                f"{LARGEST_BYTES >> 30} GiB. Make them smaller or fewer."
            )
        return np.empty((self.count, *shape), np.uint8)

    def _same_shape(self, images: NDArray[np.uint8], first: Sequence[int], index: int) -> None:
        if images.shape[1:] != tuple(first):
            raise DataError(
                f"Item {index} of {self.what} is {_size(images.shape[1:])} (height x width x "
                f"channels), the first {_size(first)}: bring all to one size and colour."
            )

    def _check_again(self, images: NDArray[np.uint8], labels: Labels) -> None:
        again, their_labels = self._batch(range(min(self.count, _READ_AGAIN)))
        for index, (image, label) in enumerate(zip(again, their_labels, strict=True)):
            if label != labels[index] or not np.array_equal(image, images[index]):
                raise DataError(
                    f"Item {index} of {self.what} changes from one reading to the next: leave "
                    "random changes to recipe.augment."
                )
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
        np.concatenate([train.images, validation.images]),
        np.concatenate([train.labels, validation.labels]),
    )


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _kind(thing: object) -> str:
    return f"the class {thing.__name__}" if isinstance(thing, type) else f"a {type(thing).__name__}"
