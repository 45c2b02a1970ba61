"""Pictures: one file of each format, sheets of many, folders of a class each, and their names."""

import io
import json
import struct
import zlib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from benchmarks.fuzz.files import Content, Files, Link, Pipe
from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.kinds import made
from benchmarks.fuzz.kinds.arrays import npz_is_right

from imagette.data.folder import FolderSource
from imagette.data.readers.picture import read_header, read_picture
from imagette.data.readers.sheets import read_grid, read_rows

ENDINGS = ("png", "jpg", "gif", "bmp", "tiff", "webp", "ppm")

NAMES = (
    "a\nb",
    "a\r",
    "\x1b[2J",
    "\u202egnp",
    "-rf",
    "..",
    "...",
    " ",
    "a b",
    "é",
    "e\u0301",
    "[red]x[/]",
    "{x}",
    "%s",
    "$(true)",
    "'",
    '"',
    "<b>",
    "con",
    ".hidden",
    "x" * 255,
    "\udcff",
    "train",
    "~",
)


def encoded(image: Any, ending: str, **options: Any) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    form = {"jpg": "JPEG", "ppm": "PPM"}.get(ending, ending.upper())
    picture.save(out, form, **options)
    return out.getvalue()


def make_picture(folder: Path) -> None:
    for ending in ENDINGS:
        (folder / f"a.{ending}").write_bytes(encoded(made.images(1, 7, 9, 3)[0], ending))


def read_pictures(folder: Path) -> Any:
    """One of them, whichever was spoilt: all but it are good."""
    found = []
    for file in sorted(folder.iterdir()):
        header, pixels = read_header(file), read_picture(file, "rgb")
        found.append((header, pixels))
    return found


def pictures_are_right(value: Any, _folder: Path) -> bool:
    return all(
        pixels.dtype == np.uint8 and pixels.shape == (header.height, header.width, 3)
        for header, pixels in value
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@cache
def _zeros(num_bytes: int) -> bytes:
    return zlib.compress(bytes(num_bytes), 9)


def other_png(rng: Random, files: Files) -> Files:
    """A PNG in good order of another size, depth or colour than its pixels, or with odd chunks."""
    width, height = (rng.choice((0, 1, 7, 40, 5000, 30_000, 2**31 - 1)) for _ in range(2))
    head = struct.pack(
        ">IIBBBBB", width, height, rng.choice((1, 2, 8, 16)), rng.choice((0, 2, 3, 4, 6)), 0, 0, 0
    )
    extra = rng.choice(
        (
            b"",
            _chunk(b"PLTE", bytes(3)),
            _chunk(b"tRNS", bytes(1)),
            _chunk(b"zTXt", b"a\0\0" + _zeros(1 << 24)),
            _chunk(b"iCCP", b"a\0\0" + _zeros(1 << 24)),
            _chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\3\0\0\0\1" * 9),
            _chunk(b"tEXt", b"a\0b") * 1000,
        )
    )
    pixels = _chunk(b"IDAT", _zeros(rng.choice((100, 10_000, 1 << 24, 1 << 28))))
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + extra + pixels + _chunk(b"IEND", b"")
    name = rng.choice([name for name in sorted(files) if name.endswith(".png")])
    return {**files, name: png}


def other_name(rng: Random, files: Files) -> Files:
    """A good picture under another's ending: what it is called decides nothing."""
    first, other = rng.sample(sorted(files), 2)
    return {**files, first: files[other]}


def make_rows(folder: Path) -> None:
    sheet = made.images(4, 32, 32, 3).reshape(4, 1024, 3)
    (folder / "sheet.png").write_bytes(encoded(sheet, "png"))
    (folder / "labels.json").write_text(json.dumps(made.labels(4).tolist()))


def labels_of_rows(rng: Random, files: Files) -> Files:
    odd = (
        [],
        {},
        3,
        None,
        [1.5] * 4,
        ["1"] * 4,
        [None] * 4,
        [[1]] * 4,
        [2**40] * 4,
        [-1] * 4,
        [True] * 4,
    )
    return {**files, "labels.json": json.dumps(rng.choice(odd)).encode()}


def make_grid(folder: Path) -> None:
    sheet = made.images(4, 28, 28).reshape(2, 2, 28, 28).swapaxes(1, 2).reshape(56, 56, 1)
    (folder / "grid.png").write_bytes(encoded(sheet, "png"))


def make_folder(folder: Path) -> None:
    for label, name in enumerate(("cat", "dog")):
        (folder / name).mkdir()
        for index in range(4):
            image = made.images(5 + 4 * label + index)[0]
            (folder / name / f"{index}.png").write_bytes(encoded(image, "png"))


def other_tree(rng: Random, files: Files) -> Files:
    """Names, links, pipes and folders where pictures should be."""
    changed: dict[str, Content] = dict(files)
    name = rng.choice(sorted(files))
    label, _, file = name.partition("/")
    odd = rng.choice(NAMES)
    match rng.randrange(9):
        case 0:
            changed = {key.replace(label, odd, 1): value for key, value in changed.items()}
        case 1:
            changed[f"{label}/{odd}.png"] = changed.pop(name)
        case 2:
            targets = (
                "/etc/passwd",
                "../../..",
                name,
                file,
                "/dev/zero",
                "/dev/stdin",
                "nowhere",
                "..",
            )
            changed[name] = Link(rng.choice(targets))
        case 3:
            changed[name] = Pipe()
        case 4:
            changed[f"{name}/inner.png"] = changed.pop(name)
        case 5:
            changed[label] = Link(rng.choice(("/", "..", "dog", "/proc/self/fd", "nowhere")))
            changed = {k: v for k, v in changed.items() if not k.startswith(f"{label}/")}
        case 6:
            changed |= {f"{label}/{index:05}.png": changed[name] for index in range(300)}
        case 7:
            changed |= {f"{number}/0.png": changed[name] for number in range(200)}
        case 8:
            changed = {f"train/{key}": value for key, value in changed.items()}
            changed |= {f"test/{odd}/0.png": changed[f"train/{name}"]}
    return changed


KINDS = (
    Kind("picture", make_picture, read_pictures, pictures_are_right, (other_png, other_name)),
    Kind(
        "sheet-rows",
        make_rows,
        lambda folder: read_rows([folder / "sheet.png", folder / "labels.json"], "train"),
        lambda value, _: value[0].shape == (len(value[1]), 32, 32, 3),
        (labels_of_rows, other_png),
    ),
    Kind(
        "sheet-grid",
        make_grid,
        lambda folder: read_grid([folder / "grid.png"], "train"),
        lambda value, _: value[0].shape == (len(value[1]), 28, 28, 1),
        (other_png,),
    ),
    Kind(
        "folder",
        make_folder,
        lambda folder: (FolderSource(folder).fingerprint(), FolderSource(folder).load(None))[1],
        npz_is_right,
        (other_tree, other_tree, other_png),
    ),
)
