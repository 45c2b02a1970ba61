"""A split: images and their labels."""

from dataclasses import dataclass
from operator import index as whole_number
from typing import SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels
from imagette.data.streamed import AnyImages, selected, stored


@dataclass(frozen=True, eq=False)
class Split:
    """Images uint8 [N,H,W,C] and labels int32 [N], in the same order.

    Images may be streamed too: read from their items each time. Those are sliced like the others,
    and refused with a DataError where bytes are asked for.

    `split[i]` is one image, uint8 [H,W,C], and its label; `split[:100]` is a split again.

    >>> split = Split(np.zeros((3, 28, 20, 1), np.uint8), np.array([5, 0, 4], np.int32))
    >>> image, label = split[0]
    >>> image.dtype, image.shape, label
    (dtype('uint8'), (28, 20, 1), 5)
    >>> image[27, 19].tolist()
    [0]
    >>> len(split[1:])
    2
    """

    images: AnyImages
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    @overload
    def __getitem__(self, which: slice) -> "Split": ...

    @overload
    def __getitem__(self, which: SupportsIndex) -> tuple[NDArray[np.uint8], int]: ...

    def __getitem__(self, which: SupportsIndex | slice) -> "Split | tuple[NDArray[np.uint8], int]":
        if isinstance(which, slice):
            return Split(selected(self.images, which), self.labels[which])
        index = whole_number(which)
        if not -len(self) <= index < len(self):
            raise IndexError(f"A split of {len(self):,} images has none at index {index}.")
        (image,) = stored(selected(self.images, slice(index, index + 1 or None)))
        return image, int(self.labels[index])

    def floats(self) -> NDArray[np.float32]:
        """The images as float32 [N,C,H,W] from 0 to 1: pixel / 255.

        As stored: in the sets of digits and of clothes 0 is the background and 1 the ink.

        >>> Split(np.full((1, 2, 2, 3), 255, np.uint8), np.zeros(1, np.int32)).floats().shape
        (1, 3, 2, 2)
        """
        images_NCHW = np.ascontiguousarray(stored(self.images).transpose(0, 3, 1, 2))
        return np.divide(images_NCHW, np.float32(255), dtype=np.float32)
