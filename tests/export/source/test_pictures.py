"""A file of source reads pictures as imagette does, of every kind."""

import numpy as np
import pytest
from PIL import Image

from imagette.data.adapt import adapted
from imagette.export.source.pieces import numpy_code

COLOURS = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
PICTURES = {
    "colour": Image.fromarray(COLOURS),
    "grey": Image.fromarray(COLOURS[..., 0]),
    "16 bits": Image.fromarray(COLOURS[..., 0].astype(np.uint16) * 257),
    "32 bits": Image.fromarray(COLOURS[..., 0].astype(np.int32) * 700 - 9000),
    "transparent": Image.fromarray(np.dstack([COLOURS, COLOURS[..., :1]])),
    "palette": Image.fromarray(COLOURS).quantize(16),
}


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 24)])
@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_read_as_imagette_reads_it(kind, shape, tmp_path, monkeypatch):  # 004-44
    channels, height, width = shape
    own = {"HEIGHT": height, "WIDTH": width, "COLOUR": "L" if channels == 1 else "RGB"}
    for name, value in own.items():
        monkeypatch.setattr(numpy_code, name, value)
    form = "TIFF" if kind == "32 bits" else "PNG"  # which has no more than 16
    PICTURES[kind].save(tmp_path / "picture.png", form)
    found = numpy_code.read_picture(tmp_path / "picture.png")
    np.testing.assert_array_equal(found[0], adapted(tmp_path / "picture.png", shape, None).image)
    inverted = numpy_code.read_picture(tmp_path / "picture.png", invert=True)
    np.testing.assert_array_equal(inverted, 255 - found)
