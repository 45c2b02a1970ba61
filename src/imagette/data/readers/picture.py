"""One picture file to pixels, by stated rules.

Orientation: as EXIF says. Palette: its colours. CMYK: Pillow's conversion to RGB. 16-bit grey:
round(v / 257). 16-bit colour: the upper byte. Transparent: laid over white. Bilevel: 0 and 255.
Grey from colour: ITU-R 601 luma, round-half-up as Pillow does. Floating point: refused.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from imagette.errors import DataError
from imagette.plain import short

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = Literal["rgb", "grey"]
Paper = Literal["white", "black"]
"""What is seen through transparent pixels."""

SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
)
"""What a picture file may be called; these formats alone are decoded."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
_LARGEST_PIXELS = 32 << 20
"""Of one picture: its conversions need up to seven copies of four bytes a pixel, under 1 GiB."""
GREY_MODES = frozenset(("1", "L", "LA", "I;16", "I;16B", "I;16L", "I"))
_AVERAGED = frozenset(("L", "LA", "RGB", "RGBA", "CMYK"))
_TURNED = frozenset((5, 6, 7, 8))  # EXIF orientations that swap height and width
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Header:
    """What a file says of its picture before it is decoded, orientation applied."""

    height: int
    width: int
    colour: Colour


def read_header(path: Path) -> Header:
    """Size and colour of a picture file; the pixels are not decoded."""
    with _opened(path) as image:
        width, height = image.size
        if image.getexif().get(_ORIENTATION) in _TURNED:
            width, height = height, width
        return Header(height, width, "grey" if image.mode in GREY_MODES else "rgb")


def read_picture(
    source: Path | bytes,
    colour: Colour,
    size: int | None = None,
    name: str = "",
    paper: Paper = "white",
    longest: int | None = None,
) -> NDArray[np.uint8]:
    """Pixels uint8 [H,W,C] of a file, or of its bytes called `name` in messages.

    With `size`, the shorter side is scaled to it (bilinear, averaged when shrinking) and the
    middle square is cut out. A picture of twice `longest` pixels or more is averaged down first,
    towards that many, which saves memory. Raises DataError naming a file that cannot be decoded.
    """
    from PIL import Image, ImageOps

    with _opened(source, name) as image:
        ImageOps.exif_transpose(image, in_place=True)
        if longest and max(image.size) >= 2 * longest and image.mode in _AVERAGED:
            image = image.reduce(max(image.size) // longest)
        pixels = converted(image, colour, name or str(source), paper)
        if size is not None:
            pixels = ImageOps.fit(pixels, (size, size), Image.Resampling.BILINEAR)
        array = np.asarray(pixels)
    return array if array.ndim == 3 else array[..., np.newaxis]


def read_sheet(path: Path, mode: Literal["L", "RGB"]) -> NDArray[np.uint8]:
    """Pixels of a PNG that must be of this mode: uint8 [H,W] or [H,W,3]."""
    with _opened(path) as image:
        if image.mode != mode:
            raise DataError(f"{str(path)!r} must be a PNG of mode {mode}. Got {image.mode}.")
        return np.asarray(image)


@contextmanager
def _opened(source: Path | bytes, name: str = "") -> Iterator["Image"]:
    """A picture, not yet decoded; whatever goes wrong inside is a DataError that names the file."""
    from PIL import Image

    name = name or str(source)
    with _bytes_of(source, name) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged tags, and of sizes that are refused here
        try:
            image = Image.open(stream, formats=_FORMATS)
            if image.width * image.height > _LARGEST_PIXELS:
                raise _too_large(name, f"{image.width} x {image.height} pixels")
            yield image
        except DataError:
            raise
        except Exception as error:
            raise _refused(name, error) from error


def _too_large(name: str, size: str) -> DataError:
    return DataError(
        f"{name!r} is {size}: at most {_LARGEST_PIXELS:,} are decoded. Make it smaller."
    )


def _refused(name: str, error: Exception) -> DataError:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, Image.DecompressionBombError):  # says how many, before we can see
        return _too_large(name, " ".join(re.findall(r"\d+ pixels", str(error))[:1]) or "huge")
    if isinstance(error, UnidentifiedImageError):
        error = DataError(f"none of {', '.join(_FORMATS)} begins so")
    return DataError(
        f"{name!r} is not a picture that can be decoded "
        f"({short(error) or type(error).__name__}). Repair or remove it."
    )


def _bytes_of(source: Path | bytes, name: str) -> IO[bytes]:
    if isinstance(source, bytes):
        return BytesIO(source)
    try:
        return source.open("rb")
    except OSError as error:
        raise DataError(f"{name!r} cannot be read ({error.strerror or error}).") from error


def converted(image: "Image", colour: Colour, name: str, paper: Paper = "white") -> "Image":
    """A picture of any mode as 8-bit grey or RGB, by the rules above."""
    from PIL import Image

    if image.mode == "F":
        raise DataError(f"{name!r} holds floating-point pixels: save it with 8 or 16 bits.")
    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.int32)
        image = Image.fromarray(((np.clip(wide, 0, 65535) + 128) // 257).astype(np.uint8))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, paper), layer)
    return image.convert("L" if colour == "grey" else "RGB")
