"""Images and labels of one's own, in the forms people have them, as bytes and whole numbers.

An image is a picture of Pillow, or an array or tensor [H,W], [H,W,C] or [C,H,W] with C 1 or 3. Of
three axes an array is [H,W,C] if its last axis can be C, a tensor [C,H,W] if its first can; else
each is read the other way. Pixels are uint8, or floats k/255 as `ToTensor` makes them. Whatever
bytes cannot hold exactly is refused: nobody could tell what was lost. Images that are read each
time they are used are held as floats instead, of any finite value.
"""

from collections.abc import Callable
from operator import index as whole_number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Labels
from imagette.data.readers.picture import GREY_MODES, Colour, converted
from imagette.errors import DataError
from imagette.pointers import told_in_one_line

Hold = Callable[[NDArray[Any], str], NDArray[Any]]
"""How pixels are held: `as_bytes` or `as_floats`."""

_CHANNELS = (1, 3)
_EXACT = 0.01  # how far 255 x may lie from a whole number: float32 rounds far less


def as_bytes(array: NDArray[Any], what: str) -> NDArray[np.uint8]:
    """uint8, from uint8 or floats k/255; anything else is refused.

    >>> as_bytes(np.array([0, 51 / 255, 1]), "it")
    array([  0,  51, 255], dtype=uint8)
    """
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise DataError(
            f"{what} must hold uint8, or floats from 0 to 1. Got {array.dtype}: scale to 0..255 "
            "and cast to uint8."
        )
    low, high = array.min(initial=1), array.max(initial=0)
    if not (low >= 0 and high <= 1):  # so that NaN is refused
        raise DataError(
            f"{what} must hold uint8, or floats from 0 to 1. Got {low:.4g} to {high:.4g}: leave "
            "mean and deviation to data.normalise, or divide by the largest value."
        )
    scaled = array * np.float64(255)
    rounded = np.rint(scaled)
    worst = np.abs(scaled - rounded).argmax() if scaled.size else 0
    if scaled.size and abs(scaled.flat[worst] - rounded.flat[worst]) > _EXACT:
        raise DataError(
            f"{what} holds floats that bytes cannot hold exactly ({array.flat[worst]:.6g} is not "
            "k/255). Give uint8: np.rint(255 * image).astype('uint8')."
        )
    return rounded.astype(np.uint8)


def as_floats(array: NDArray[Any], what: str) -> NDArray[np.float32]:
    """float32 in units of pixels: bytes as they are, floats times 255.

    >>> as_floats(np.array([-2.0, 0.5]), "it")
    array([-510. ,  127.5], dtype=float32)
    """
    if array.dtype == np.uint8:
        return array.astype(np.float32)
    if not np.issubdtype(array.dtype, np.floating):
        raise DataError(f"{what} must hold uint8 or floats. Got {array.dtype}.")
    pixels = array.astype(np.float32) * np.float32(255)
    if not np.isfinite(pixels).all():
        raise DataError(f"{what} holds values that are not finite.")
    return pixels


def fit_bytes(pixels: NDArray[np.float32]) -> bool:
    """Whether `as_bytes` would take what `as_floats` gave these pixels for."""
    inside = pixels.min(initial=0) >= 0 and pixels.max(initial=0) <= 255
    return bool(inside and np.abs(pixels - np.rint(pixels)).max(initial=0) <= _EXACT)


def image_of(thing: Any, what: str, hold: Hold = as_bytes) -> NDArray[Any]:
    """One image as [H,W,C], uint8 unless `hold` says otherwise; a DataError calls it `what`.

    >>> image_of(np.zeros((28, 20), np.uint8), "it").shape
    (28, 20, 1)
    """
    if hasattr(thing, "getbands"):
        return hold(_picture(thing, what), what)
    return hold(_channels_last(_array(thing, what), 2, _is_tensor(thing), what), what)


def images_of(things: Any, what: str, hold: Hold = as_bytes) -> NDArray[Any]:
    """Images stacked along a first axis N, as [N,H,W,C]; uint8 unless `hold` says otherwise.

    >>> images_of(np.zeros((7, 3, 28, 20), np.float32), "they").shape
    (7, 28, 20, 3)
    """
    return hold(_channels_last(_array(things, what), 3, _is_tensor(things), what), what)


def label_of(value: Any, what: str) -> int:
    """One label: a whole number of any kind."""
    try:
        return whole_number(value)
    except TypeError as error:
        raise DataError(
            f"{what} must have a whole number from 0 as its label. Got {_shown(value)}."
        ) from error


def labels_of(values: Any, count: int, what: str) -> Labels:
    """Labels int32 [N] of `count` images; a column [N,1] counts as [N]."""
    labels = _array(values, what)
    if labels.ndim == 2 and labels.shape[1] == 1:  # Keras keeps CIFAR's labels so
        labels = labels[:, 0]
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"{what} must have labels that are whole numbers [N], one for each of the {count} "
            f"images. Got {labels.dtype} {list(labels.shape)}."
        )
    if len(labels) and not -(2**31) <= labels.min() <= labels.max() < 2**31:
        raise DataError(f"{what} has labels that are not class numbers.")
    return labels.astype(np.int32)


def _is_tensor(thing: Any) -> bool:
    return hasattr(thing, "detach")


def _array(thing: Any, what: str) -> NDArray[Any]:
    with told_in_one_line(f"{what} cannot be read as an array:"):
        return np.asarray(thing.detach().cpu() if _is_tensor(thing) else thing)


def _picture(picture: Any, what: str) -> NDArray[np.uint8]:
    from PIL import ImageOps

    colour: Colour = "grey" if picture.mode in GREY_MODES else "rgb"
    with told_in_one_line(f"{what} cannot be decoded:"):
        pixels = np.asarray(converted(ImageOps.exif_transpose(picture), colour, what))
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def _channels_last(array: NDArray[Any], plain: int, tensor: bool, what: str) -> NDArray[Any]:
    """With a last axis C; `plain` is the number of axes of what has none."""
    if array.ndim == plain:
        return array[..., np.newaxis]
    if array.ndim == plain + 1:
        first, last = array.shape[-3] in _CHANNELS, array.shape[-1] in _CHANNELS
        if first and (tensor or not last):
            return np.moveaxis(array, -3, -1)
        if last:
            return array
    axes = "" if plain == 2 else "N,"
    raise DataError(
        f"{what} must be [{axes}H,W], [{axes}H,W,C] or [{axes}C,H,W] with C 1 or 3. "
        f"Got {array.dtype} {list(array.shape)}."
    )


def _shown(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:39]}\N{HORIZONTAL ELLIPSIS}"
