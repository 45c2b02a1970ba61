"""What every exported file does in NumPy: batches, augmentation, pictures."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Images = NDArray[np.uint8]  # [N,H,W,C], 0 to 255

BATCH = 64
CLASSES = ["0", "1"]
HEIGHT, WIDTH, COLOUR = 28, 28, "L"
GROUPS: list[tuple[str, float, float | None]] = []


def batches(num_images: int, draws: np.random.Generator) -> list[NDArray[Any]]:
    """Image numbers, batch by batch, in a new order; the last batch may be short."""
    order = draws.permutation(num_images)
    return [order[i : i + BATCH] for i in range(0, num_images, BATCH)]


def flip(images: Images, draws: np.random.Generator, share: float = 0.5) -> Images:
    """Mirrors left and right, each image with probability `share`."""
    mirrored = draws.random(len(images)) < share
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


def shift(
    images: Images,
    draws: np.random.Generator,
    pixels: int = 4,
    edge: Literal["constant", "reflect"] = "constant",
) -> Images:
    """Moves each image by up to `pixels` each way; "constant" fills with black."""
    _, height, width, _ = images.shape
    sides = ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0))
    padded = np.pad(images, sides, mode=edge)
    corners = draws.integers(0, 2 * pixels + 1, (len(images), 2))
    crops = [
        image[top : top + height, left : left + width]
        for image, (top, left) in zip(padded, corners, strict=True)
    ]
    return np.stack(crops)


def cutout(
    images: Images, draws: np.random.Generator, size: int = 8, fill: int = 0
) -> Images:
    """Covers a square of `size` pixels, centred anywhere, with the value `fill`."""
    covered = images.copy()
    for image in covered:
        row, column = draws.integers(0, image.shape[:2]) - size // 2
        bottom, right = max(row + size, 0), max(column + size, 0)
        image[max(row, 0) : bottom, max(column, 0) : right] = fill
    return covered


def read_picture(path: Path, invert: bool = False) -> Images:
    """A picture [1,H,W,C], cut to the middle and scaled to the network's size.

    `invert` turns dark on light into light on dark.
    """
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode.startswith("I"):  # of 16 bits
        picture = Image.fromarray(
            ((np.clip(np.asarray(picture, int), 0, 65535) + 128) // 257).astype("uint8")
        )
    paper = Image.new("RGBA", picture.size, "white")  # under what is transparent
    picture = Image.alpha_composite(paper, picture.convert("RGBA")).convert(COLOUR)
    fitted = ImageOps.fit(picture, (WIDTH, HEIGHT), Image.Resampling.BILINEAR)
    if invert:
        fitted = ImageOps.invert(fitted)
    return np.asarray(fitted, np.uint8).reshape(1, HEIGHT, WIDTH, -1)


def read_data(
    path: Path, shape: tuple[int, int, int]
) -> tuple[Images, NDArray[np.integer]]:
    """Images [N,H,W,C], grey ones also [N,H,W], and labels [N] of a .npz file."""
    data = np.load(path)
    missing = {"images", "labels"} - set(getattr(data, "files", []))
    if missing:
        raise ValueError(f"it has no {' and no '.join(sorted(missing))}")
    images, labels = data["images"], data["labels"]
    images = images[..., None] if images.ndim == 3 else images
    if images.dtype != np.uint8 or images.shape[1:] != shape or not len(images):
        raise ValueError(f"its images are {images.dtype} {list(images.shape)}")
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        raise ValueError(f"its labels are {labels.dtype} {list(labels.shape)}")
    if labels.min() < 0 or labels.max() >= len(CLASSES):
        raise ValueError(f"its labels go from {labels.min()} to {labels.max()}")
    return images, labels


def group_of(name: str, decay: float) -> tuple[float, float]:
    """The factor of the rate and the decay of the weight of this name."""
    for pattern, factor, own in GROUPS:
        if fnmatchcase(name, pattern):
            return factor, decay if own is None else own
    return 1.0, decay
