"""Any picture brought to what a network was trained on, by these rules.

Reading is that of folders (`readers/picture.py`): orientation as EXIF says; palette, CMYK, 16 bits,
transparency as stated there; grey from colour by luma, colour from grey by three equal channels.

A set of full pictures (CIFAR-10): the shorter side is scaled to the network's and the middle is cut
out, bilinear, averaged when shrinking.

A set of things on an even background (MNIST; `framing.py` measures it): a picture of the very size
whose outermost pixels have the set's background is taken as it is. Else
1. it becomes grey, and is shrunk to at most `LONGEST` pixels; what is transparent lies on white, or
   on black where nothing stands out from white;
2. the paper is a surface of the second degree through the pixels, without those that stand out, so
   that light may fall unevenly; the outer tenth of the picture decides where it begins;
3. polarity: what stands out more strongly, the darker or the lighter, is the thing, and is drawn
   lighter or darker than the background as the set's things are;
4. threshold: a third of the thing's full strength, itself the upper quartile of what stands out
   from the noise; specks are dropped, and so is what touches the edge beside things that do not;
5. the box around it is scaled, averaged when shrinking, so that its longer side is the set's, lines
   that are thinner than a pixel then are strengthened, and it is laid down where the set's things
   lie: by centre of mass, or of the box.
"""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagette.data.framing import EVEN, Framing, Levels, box_of, mass_centre, ring_level
from imagette.data.patches import heavy_patches
from imagette.data.readers.picture import Colour, Header, Paper, read_header, read_picture
from imagette.errors import DataError, UsageError

LONGEST = 512  # pixels of a side that are enough for a thing of some tens
LEAST_STRENGTH = 0.1  # of the distance from the paper to the farther end of the scale
NOISES = 4.0  # deviations of the noise that something must stand out by
FEWEST_PIXELS = 4
ROUNDS = 5  # of the paper's fit; it has settled before
FAINT = 0.15  # of full strength: less is left out, so that the background is even


class _NothingSeenError(Exception):
    """Nothing stands out from the paper."""


@dataclass(frozen=True, slots=True, eq=False)
class Adapted:
    """What a network is given for a picture, and what was done to it, in words."""

    image: NDArray[np.uint8]  # [H,W,C]
    steps: tuple[str, ...]


def adapted(path: Path, input_shape: tuple[int, ...], framing: Framing | None) -> Adapted:
    """The picture in a file as a network of `input_shape` (C,H,W) takes it.

    `framing` is that of the set it was trained on, None for full pictures. Raises UsageError for a
    path that is no file, DataError for what is no picture, or if nothing in it stands out.
    """
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not there"
        raise UsageError(f"{str(path)!r} is {what}: name a picture, such as a PNG or a JPEG.")
    channels, height, width = input_shape
    size = (height, width)
    header = _header(path)
    was = f"{header.width} x {header.height}, {'grey' if header.colour == 'grey' else 'colour'}"
    if framing is None:
        image, steps = _full(path, "grey" if channels == 1 else "rgb", size)
    else:
        grey, steps = _framed(path, size, framing)
        image = np.repeat(grey[..., np.newaxis], channels, axis=2)
    return Adapted(image, (was, *steps))


def _full(path: Path, colour: Colour, size: tuple[int, int]) -> tuple[NDArray[np.uint8], list[str]]:
    from PIL import Image, ImageOps

    pixels = read_picture(path, colour)
    height, width = pixels.shape[:2]
    if (height, width) == size:
        return pixels, ["taken as it is"]
    picture = Image.fromarray(pixels[..., 0] if colour == "grey" else pixels)
    fitted = ImageOps.fit(picture, size[::-1], Image.Resampling.BILINEAR)
    cut = [] if height * size[1] == width * size[0] else ["its middle cut out"]
    array = np.asarray(fitted)
    steps = [*cut, f"scaled to {size[1]} x {size[0]}"]
    return (array if array.ndim == 3 else array[..., np.newaxis]), steps


def _framed(
    path: Path, size: tuple[int, int], framing: Framing
) -> tuple[NDArray[np.uint8], list[str]]:
    papers: tuple[Paper, ...] = ("white", "black")
    for paper in papers:
        pixels = read_picture(path, "grey", paper=paper, longest=2 * LONGEST)[..., 0]
        if pixels.shape == size and _lies_alike(pixels, framing):
            return pixels, ["taken as it is"]
        try:
            return _laid(_shrunk(pixels), size, framing)
        except _NothingSeenError:
            continue
    raise DataError(
        f"Nothing in {str(path)!r} stands out from an even background, as in the pictures that the "
        "network was trained on: cut it close around one thing, or light it more evenly."
    )


def _lies_alike(grey: NDArray[np.uint8], framing: Framing) -> bool:
    return abs(ring_level(grey.astype(np.float64)) - framing.background) <= EVEN


def _laid(
    grey: Levels, size: tuple[int, int], framing: Framing
) -> tuple[NDArray[np.uint8], list[str]]:
    """The thing in a grey picture, cut out, scaled and laid down as the set's things."""
    ink, is_lighter = _ink(grey)
    box = box_of(ink > 0)
    rows, columns = (side.stop - side.start for side in box)
    scale = framing.extent / max(rows, columns)
    thing = _scaled(ink[box], max(1, round(rows * scale)), max(1, round(columns * scale)))
    thing = (thing / max(_strength(thing[thing > 0]), 1e-9)).clip(0, 1)
    levels = framing.background + framing.span * _placed(thing, size, framing)
    turned = ", turned" if is_lighter != framing.is_lighter else ""
    kind = "light on dark" if is_lighter else "dark on light"
    steps = [
        f"{kind}{turned}",
        f"{columns / grey.shape[1]:.0%} x {rows / grey.shape[0]:.0%} of it cut out",
        f"scaled to {thing.shape[1]} x {thing.shape[0]}, centred by {framing.centred} "
        f"in {size[1]} x {size[0]}",
    ]
    return np.rint(levels).astype(np.uint8), steps


def _ink(grey: Levels) -> tuple[Levels, bool]:
    """How strongly the thing stands out, 0 to 1 and 0 outside it, and whether it is lighter."""
    paper, noise = _paper(grey)
    reach = np.maximum(paper, 255 - paper).clip(1)
    relief, noise = (grey - paper) / reach, noise / float(np.median(reach))
    least = max(NOISES * noise, LEAST_STRENGTH)
    seen = np.where(np.abs(relief) > least, relief, 0)
    is_lighter = bool((seen * np.abs(seen)).sum() > 0)
    strength = relief.clip(0) if is_lighter else (-relief).clip(0)
    standing = strength > least
    if standing.sum() < FEWEST_PIXELS:
        raise _NothingSeenError
    strength = (strength / _strength(strength[standing])).clip(0, 1)
    kept = heavy_patches(strength > 1 / 3)
    return np.where(kept & (strength > FAINT), strength, 0), is_lighter


def _header(path: Path) -> Header:
    from PIL import UnidentifiedImageError

    try:
        return read_header(path)
    except DataError as error:
        if not isinstance(error.__cause__, UnidentifiedImageError):
            raise
        raise UsageError(
            f"{str(path)!r} is no picture of a known kind: name one, such as a PNG or a JPEG."
        ) from error


def _paper(grey: Levels) -> tuple[Levels, float]:
    """The lit paper [H,W] behind a thing, and the deviation of the noise on it, in levels."""
    height, width = grey.shape
    row = np.linspace(-1, 1, height)[:, np.newaxis] * np.ones((1, width))
    column = np.linspace(-1, 1, width) * np.ones((height, 1))
    terms = np.stack([np.ones_like(row), row, column, row * row, row * column, column * column])
    surface, used = grey, np.maximum(np.abs(row), np.abs(column)) >= 0.8
    used[[0, -1], :] = used[:, [0, -1]] = True
    centre, noise = float(np.median(grey[used])), 0.0
    used &= np.abs(grey - centre) <= max(3 * _deviation(grey[used] - centre), EVEN)
    for _ in range(ROUNDS):
        known = terms[:, used]
        surface = np.tensordot(np.linalg.pinv(known @ known.T) @ (known @ grey[used]), terms, 1)
        away = grey - surface
        noise = _deviation(away[used])
        used = np.abs(away) <= 3 * max(noise, 1.0)
    return surface, noise


def _deviation(values: Levels) -> float:
    """From the median of the distances: a tenth of strangers does not move it much."""
    return 1.4826 * float(np.median(np.abs(values)))


def _strength(values: Levels) -> float:
    """What counts as full ink: the upper quartile, as edges are fainter."""
    return float(np.quantile(values, 0.75))


def _placed(thing: Levels, size: tuple[int, int], framing: Framing) -> Levels:
    """On an empty frame, by whole pixels; what would lie outside is lost."""
    own = mass_centre(thing)
    if framing.centred == "box":
        own = ((thing.shape[0] - 1) / 2, (thing.shape[1] - 1) / 2)
    frame = np.zeros(size)
    places = zip(own, size, framing.centre, strict=True)
    top, left = (round((side - 1) / 2 + place - at) for at, side, place in places)
    rows = slice(max(0, top), min(size[0], top + thing.shape[0]))
    columns = slice(max(0, left), min(size[1], left + thing.shape[1]))
    frame[rows, columns] = thing[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return frame


def _shrunk(pixels: NDArray[np.uint8]) -> Levels:
    from PIL import Image

    times = ceil(max(pixels.shape) / LONGEST)
    picture = Image.fromarray(pixels)
    return np.asarray(picture.reduce(times) if times > 1 else picture, np.float64)


def _scaled(ink: Levels, height: int, width: int) -> Levels:
    from PIL import Image

    picture = Image.fromarray(ink.astype(np.float32))
    resized = picture.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float64)
