"""How the pictures of a set lie in their frames: on an even background, how large, centred how.

Measured on the set's own images, so that a stranger's picture can be laid as they lie.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]

EVEN = 24.0  # levels by which an even background may vary
LEAST_RING = 0.7  # of the outermost pixels, the proportion that must be background
LEAST_SEEN = 16.0  # levels from the background at which something stands out
MOST_COLOUR = 4.0  # mean levels between channels, above which pictures are coloured
DARK_MEAN = 0.2  # of full scale: grey pictures with less are bright things on a dark background


@dataclass(frozen=True, slots=True)
class Framing:
    """Things on an even background; sizes and places in pixels, places from the frame's middle."""

    background: float  # its level, 0 to 255
    is_lighter: bool  # whether things are lighter than their background
    extent: float  # the longer side of a thing
    centred: Literal["mass", "box"]  # what lies at `centre`: the centre of mass, or of the box
    centre: tuple[float, float]  # row, column

    @property
    def span(self) -> float:
        """From the background to the level of full ink, with its sign."""
        return 255 - self.background if self.is_lighter else -self.background


def framing_of(images: NDArray[Any]) -> Framing | None:
    """How images [N,H,W,C], in levels 0 to 255, are framed; None for coloured or full pictures.

    The background is the median of the outermost pixels, and even if `LEAST_RING` of them lie
    within `EVEN` of it. Things are centred by what varies less from image to image: the centre of
    mass, or that of the box around them.

    >>> images = np.zeros((2, 28, 28, 1), np.uint8)
    >>> images[0, 4:24, 10:18] = images[1, 10:18, 4:24] = 255
    >>> framing_of(images)
    Framing(background=0.0, is_lighter=True, extent=20.0, centred='mass', centre=(0.0, 0.0))
    """
    levels = np.asarray(images, np.float64)
    if np.ptp(levels, axis=3).mean() > MOST_COLOUR:
        return None
    grey = levels.mean(axis=3)
    ring = _ring(grey)
    background = float(np.median(ring))
    if (np.abs(ring - background) <= EVEN).mean() < LEAST_RING:
        return None
    ink = grey - background
    ink[np.abs(ink) < LEAST_SEEN] = 0
    seen = ink[ink.any(axis=(1, 2))]
    return _framing(background, seen) if len(seen) else None


def framing_by_mean(mean: tuple[float, ...], height: int, width: int) -> Framing | None:
    """A guess from the mean (of full scale) alone, where no image is at hand.

    Grey pictures that are mostly dark are taken to be laid as MNIST's: 20 of 28 pixels, by mass.
    Source: LeCun et al., 1998, https://doi.org/10.1109/5.726791

    >>> framing_by_mean((0.1307,), 28, 28).extent
    20.0
    """
    if len(mean) != 1 or not 0 < mean[0] < DARK_MEAN:
        return None
    return Framing(0.0, True, min(height, width) * 20 / 28, "mass", (0.0, 0.0))


def box_of(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and the columns between which all of a mask [H,W] lies; it must hold something."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def mass_centre(ink: Levels) -> tuple[float, float]:
    """Row and column of the centre of mass of ink [H,W], which must hold some."""
    by_row, by_column = ink.sum(axis=1), ink.sum(axis=0)
    total = ink.sum()
    return (
        float(by_row @ np.arange(len(by_row)) / total),
        float(by_column @ np.arange(len(by_column)) / total),
    )


def ring_level(grey: Levels) -> float:
    """The median of the outermost pixels of one picture [H,W]."""
    return float(np.median(_ring(grey[np.newaxis])))


def _framing(background: float, ink: Levels) -> Framing:
    """From things [N,H,W] with their sign: what is lighter than the background is positive."""
    amounts = np.abs(ink)
    middle = (np.array(ink.shape[1:]) - 1) / 2
    boxes = [box_of(one > 0) for one in amounts]
    sides = [max(rows.stop - rows.start, cols.stop - cols.start) for rows, cols in boxes]
    by_box = [((r.start + r.stop - 1) / 2, (c.start + c.stop - 1) / 2) for r, c in boxes]
    places = {
        "mass": np.array([mass_centre(one) for one in amounts]) - middle,
        "box": np.array(by_box) - middle,
    }
    spreads = {name: float(place.std(axis=0).sum()) for name, place in places.items()}
    centred: Literal["mass", "box"] = "mass" if spreads["mass"] <= spreads["box"] else "box"
    row, column = places[centred].mean(axis=0).tolist()
    lighter = bool(ink.sum() > 0)
    return Framing(background, lighter, float(np.median(sides)), centred, (row, column))


def _ring(grey: Levels) -> Levels:
    """The outermost pixels of pictures [N,H,W], in no order."""
    inside = np.zeros(grey.shape[1:], np.bool_)
    inside[1:-1, 1:-1] = True
    ring: Levels = grey[:, ~inside]
    return ring
