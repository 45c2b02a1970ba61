"""One picture file to pixels, by stated rules.

Orientation: as EXIF says. Palette: its colours. CMYK: Pillow's conversion to RGB. 16-bit grey:
round(v / 257). 16-bit colour: the upper byte. Transparent: laid over white. Bilevel: 0 and 255.
Grey from colour: ITU-R 601 luma, round-half-up as Pillow does. Floating point: refused.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

from imagette.errors import DataError

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
_LARGEST_PIXELS = 64 << 20
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
    with _Opened(path) as image:
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

    with _Opened(source, name) as image:
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
    with _Opened(path) as image:
        if image.mode != mode:
            raise DataError(f"{str(path)!r} must be a PNG of mode {mode}. Got {image.mode}.")
        return np.asarray(image)


class _Opened:
    """A picture within a `with`: whatever goes wrong there is a DataError that names the file."""

    def __init__(self, source: Path | bytes, name: str = "") -> None:
        self.source, self.name = source, name or str(source)

    def __enter__(self) -> "Image":
        from PIL import Image

        stream = BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")
        self.stream = stream
        try:
            with catch_warnings():  # Pillow's own limits are above ours
                simplefilter("ignore", Image.DecompressionBombWarning)
                self.image = Image.open(stream, formats=_FORMATS)
        except Exception as error:
            stream.close()
            raise self._refused(error) from error
        if self.image.width * self.image.height > _LARGEST_PIXELS:
            stream.close()
            raise self._too_large(f"{self.image.width} x {self.image.height} pixels")
        return self.image

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.stream.close()
        if isinstance(error, Exception) and not isinstance(error, DataError):
            raise self._refused(error) from error

    def _too_large(self, size: str) -> DataError:
        return DataError(
            f"{self.name!r} is {size}: at most {_LARGEST_PIXELS:,} are decoded. Make it smaller."
        )

    def _refused(self, error: Exception) -> DataError:
        from PIL import Image, UnidentifiedImageError

        if isinstance(error, Image.DecompressionBombError):  # says how many, before we can see
            return self._too_large(" ".join(re.findall(r"\d+ pixels", str(error))[:1]) or "huge")
        if isinstance(error, UnidentifiedImageError):
            error = DataError(f"none of {', '.join(_FORMATS)} begins so")
        return DataError(
            f"{self.name!r} is not a picture that can be decoded "
            f"({' '.join(str(error).split()) or type(error).__name__}). Repair or remove it."
        )


def converted(image: "Image", colour: Colour, name: str, paper: Paper = "white") -> "Image":
    """A picture of any mode as 8-bit grey or RGB, by the rules above."""
    from PIL import Image

    if image.mode == "F":
        raise DataError(f"{name!r} holds floating-point pixels: save it with 8 or 16 bits.")
    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.int64)
        image = Image.fromarray(((np.clip(wide, 0, 65535) + 128) // 257).astype(np.uint8))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, paper), layer)
    return image.convert("L" if colour == "grey" else "RGB")
