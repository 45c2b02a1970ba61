"""One random operation of a fixed list on each image, in integers alone, as tables say.

A setting is an operation with its strength. All settings have one form, so that a batch is changed
at once whatever was drawn: pixels fetched from elsewhere, then moved from or towards grey, then
looked up. What an operation does not do, its setting does as the identity.
"""

from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Images, Size
from imagette.spec import Spec
from imagette.words import Bits, Order, integers

OPERATIONS = (
    "identity",
    "brightness",
    "contrast",
    "colour",
    "posterize",
    "solarize",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
    "rotate",
)
STRENGTHS = 31  # from none to most, evenly
SIGNS = 2
UNIT = 1 << 16  # of the coefficients that say where a pixel comes from
GREY = (19595, 38470, 7471)  # shares of red, green and blue in grey, of 65536: ITU-R 601-2
COLOUR_UNIT = 256


class Tables(NamedTuple):
    """What each of S settings does to pictures of one size.

    Pixel (r, c) comes from row `(R[0] r + R[1] c + R[2]) >> 16` with R = `source[s, 0]`, and from
    the column that `source[s, 1]` gives likewise; from outside comes 0. Then, of three channels,
    `(colour x + (256 - colour) grey + 128) >> 8`, cut to 0 ... 255; then `lookup`.
    """

    source: NDArray[np.int32]  # [S,2,3]
    colour: NDArray[np.int32]  # [S]
    lookup: NDArray[np.uint8]  # [S,256]


class Trivial(Spec):
    """One operation an image, drawn evenly, of a strength drawn evenly: nothing is to be tuned.

    Identity, brightness, contrast, colour, posterize, solarize, shear and translate both ways, and
    rotate, over the wide ranges of the paper: factors 0.01 to 1.99, 8 to 2 bits, shear to 0.99,
    moves up to the side, turns up to 135 degrees. It differs from the paper in this: sharpness,
    equalise and autocontrast, which look at neighbours or at the whole picture, are left out;
    contrast is about middle grey, not the picture's own mean; shear is about the centre.
    Draws int32 [N]: the setting.
    Source: Müller and Hutter, 2021 (arXiv 2103.10158).
    """

    name: Literal["trivial"] = "trivial"

    def draw(self, bits: Bits, epoch: int, order: Order, _size: Size) -> NDArray[Any]:
        count = len(order)
        operations = integers(bits("trivial.operation", epoch, count), len(OPERATIONS))
        strengths = integers(bits("trivial.strength", epoch, count), STRENGTHS)
        signs = integers(bits("trivial.sign", epoch, count), SIGNS)
        settings: NDArray[np.int32] = setting_of(operations, strengths, signs)
        return settings

    def apply(self, images: Images, draws: NDArray[Any]) -> Images:
        tables = tables_for((images.shape[1], images.shape[2]))
        pairs = zip(images, draws.tolist(), strict=True)
        return np.stack([_changed(image, tables, setting) for image, setting in pairs])


def setting_of(operation: Any, strength: Any, sign: Any) -> Any:
    """Its number, from numbers or arrays of them."""
    return (operation * STRENGTHS + strength) * SIGNS + sign


@lru_cache(maxsize=8)
def tables_for(size: Size) -> Tables:
    """The tables of all settings for pictures of this height and width."""
    settings = [
        (operation, (1 - 2 * sign) * strength / (STRENGTHS - 1))
        for operation in OPERATIONS
        for strength in range(STRENGTHS)
        for sign in range(SIGNS)
    ]
    return Tables(
        source=np.array([_source(*setting, size) for setting in settings], np.int32),
        colour=np.array([_colour(*setting) for setting in settings], np.int32),
        lookup=np.stack([_lookup(*setting) for setting in settings]),
    )


def _source(operation: str, strength: float, size: Size) -> NDArray[np.float64]:
    """Coefficients [2,3], about the centre, in units of 1/65536."""
    turn, move = np.eye(2), np.zeros(2)
    match operation:
        case "shear_x":
            turn[1, 0] = 0.99 * strength
        case "shear_y":
            turn[0, 1] = 0.99 * strength
        case "translate_x":
            move[1] = strength * size[1]
        case "translate_y":
            move[0] = strength * size[0]
        case "rotate":
            angle = np.deg2rad(135 * strength)
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array(size) / 2
    constant = turn @ (0.5 - centre) + centre + move
    coefficients: NDArray[np.float64] = np.rint(UNIT * np.column_stack([turn, constant]))
    return coefficients


def _colour(operation: str, strength: float) -> int:
    """How much of the pixel itself, in 256ths; the rest is its grey."""
    return round(COLOUR_UNIT * (1 + 0.99 * strength)) if operation == "colour" else COLOUR_UNIT


def _lookup(operation: str, strength: float) -> NDArray[np.uint8]:
    values = np.arange(256.0)
    share, factor = abs(strength), 1 + 0.99 * strength
    match operation:
        case "brightness":
            values = np.floor(factor * values + 0.5)
        case "contrast":
            values = np.floor(128 + factor * (values - 128) + 0.5)
        case "posterize":
            values -= values % (1 << round(6 * share))
        case "solarize":
            values = np.where(values < 256 * (1 - share), values, 255 - values)
    return values.clip(0, 255).astype(np.uint8)


def _changed(image: NDArray[np.uint8], tables: Tables, setting: int) -> NDArray[np.uint8]:
    height, width, channels = image.shape
    places = np.indices((height, width)).reshape(2, -1).astype(np.int64)
    coefficients = tables.source[setting].astype(np.int64)
    rows, columns = (coefficients[:, :2] @ places + coefficients[:, 2:]) >> 16
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    fetched = image[rows.clip(0, height - 1), columns.clip(0, width - 1)] * inside[:, None]
    if channels == 3:
        grey = (fetched @ np.array(GREY) + UNIT // 2) >> 16
        own = int(tables.colour[setting])
        mixed = own * fetched.astype(np.int64) + (COLOUR_UNIT - own) * grey[:, None]
        fetched = ((mixed + COLOUR_UNIT // 2) >> 8).clip(0, 255)
    looked_up: NDArray[np.uint8] = tables.lookup[setting][fetched]
    return looked_up.reshape(image.shape)
