"""The folder of a page that classifies in the browser, as values: names of files to their bytes."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from io import BytesIO
from math import ceil

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from imagette.arrays import Images, Labels
from imagette.data.evenly import evenly
from imagette.export.about import About
from imagette.export.onnx.format import FILE
from imagette.export.web.runtime import PACKED, SCRIPT, VERSION

FACTS, EXAMPLES = "facts.json", "examples.png"
MOST_EXAMPLES = 20
MOST_PIXELS = 1_300_000
"""Of the sheet of examples."""

_COLUMNS = 10
_COPIED = ("page.js", "pad.js", "picture.js", "paper.js", "levels.js", "icon.svg")


def page_files(
    about: About,
    class_names: tuple[str, ...],
    input_shape: tuple[int, ...],
    model: bytes,
    runtime: Mapping[str, bytes],
    images: Images,
    labels: Labels,
) -> dict[str, bytes]:
    """All files of the folder but the model itself, which the page reads as `model.onnx`.

    `input_shape` is (C, H, W). Of `images` uint8 [N,H,W,C] and `labels` [N] a few are shown as
    examples, of each class if there are not too many.
    """
    rows = example_rows(labels, len(class_names), input_shape)
    channels, height, width = input_shape
    facts = {
        "version": 1,
        "language": about.language,
        "title": about.title,
        "classes": class_names,
        "input": {"channels": channels, "height": height, "width": width},
        "framing": asdict(about.framing) if about.framing else None,
        "model": {"file": FILE, "bytes": len(model)},
        "runtime": {
            "script": SCRIPT,
            "wasm": PACKED,
            "bytes": len(runtime[PACKED]),
            "version": VERSION,
        },
        "examples": {
            "file": EXAMPLES,
            "columns": min(_COLUMNS, len(rows)),
            "labels": labels[rows].tolist(),
        }
        if len(rows)
        else None,
        "words": dict(about.words),
    }
    sheet = {EXAMPLES: sheet_of(images[rows])} if len(rows) else {}
    return {
        "index.html": _html(about, input_shape, has_examples=len(rows) > 0),
        "style.css": _text("imagette", "look.css") + _text("imagette.export.web", "page/style.css"),
        **{name: _text("imagette.export.web", f"page/{name}") for name in _COPIED},
        FACTS: (json.dumps(facts, ensure_ascii=False, indent=1) + "\n").encode(),
        **sheet,
        **runtime,
    }


def example_rows(labels: Labels, classes: int, input_shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The first images of each class, class by class; of many classes one of each of some.

    >>> example_rows(np.array([1, 0, 1, 0], np.int32), 10, (1, 28, 28)).tolist()
    [1, 3, 0, 2]
    """
    _, height, width = input_shape
    most = max(1, min(MOST_EXAMPLES, MOST_PIXELS // (height * width)))
    each = max(1, most // classes)
    found = [np.flatnonzero(labels == label)[:each] for label in evenly(classes, most)]
    return np.concatenate(found).astype(np.int64)


def sheet_of(images: Images) -> bytes:
    """A PNG, in which nothing is lost, of images uint8 [N,H,W,C] in rows of ten; N at least 1."""
    from PIL import Image

    count, height, width, channels = images.shape
    columns = min(_COLUMNS, count)
    rows = ceil(count / columns)
    tiles = np.zeros((rows * columns, height, width, channels), np.uint8)
    tiles[:count] = images
    wide = tiles.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    whole = wide.reshape(rows * height, columns * width, channels)
    made = BytesIO()
    Image.fromarray(whole[..., 0] if channels == 1 else whole).save(made, "PNG", optimize=True)
    return made.getvalue()


def _html(about: About, input_shape: tuple[int, ...], *, has_examples: bool) -> bytes:
    channels, height, width = input_shape
    size = {"channels": channels, "height": height, "width": width}
    page = {name: getattr(about, name) for name in About.__slots__}
    page |= {**size, "has_examples": has_examples}
    text: str = (
        _templates().get_template("index.html").render(page=page, say=about.words.__getitem__)
    )
    return text.encode()


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("imagette.export.web", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _text(package: str, name: str) -> bytes:
    return (files(package) / name).read_bytes()
