"""The script that is handed out reads pictures as imagette does, of every kind."""

import ast
import sys

import numpy as np
import pytest
from PIL import Image

from imagette.data.adapt import adapted
from imagette.export import handed
from imagette.export.handed import predict

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (40, 60, 3)).astype(np.uint8)


def turned(picture):
    exif = picture.getexif()
    exif[0x0112] = 6
    return exif


PICTURES = {
    "colour": lambda: Image.fromarray(COLOURS),
    "grey": lambda: Image.fromarray(COLOURS[..., 0]),
    "16 bits": lambda: Image.fromarray(COLOURS[..., 0].astype(np.uint16) * 257),
    "32 bits": lambda: Image.fromarray(COLOURS[..., 0].astype(np.int32) * 700 - 9000),
    "transparent": lambda: Image.fromarray(np.dstack([COLOURS, COLOURS[..., :1]])),
    "palette": lambda: Image.fromarray(COLOURS).quantize(16),
    "bilevel": lambda: Image.fromarray(COLOURS[..., 0]).convert("1"),
}


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 24)])
@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_read_as_imagette_reads_it(kind, shape, tmp_path):  # 004-44
    path = tmp_path / "picture.png"
    form = "TIFF" if kind == "32 bits" else "PNG"  # which has no more than 16
    PICTURES[kind]().save(path, form)
    channels, height, width = shape
    found = predict.read(path, (height, width, channels), invert=False)
    np.testing.assert_array_equal(found, adapted(path, shape, None).image)


def test_a_turned_photograph_is_turned_back(tmp_path):
    picture = Image.fromarray(COLOURS)
    picture.save(tmp_path / "turned.jpg", exif=turned(picture))
    found = predict.read(tmp_path / "turned.jpg", (32, 32, 3), invert=False)
    np.testing.assert_array_equal(found, adapted(tmp_path / "turned.jpg", (3, 32, 32), None).image)


def test_inverting_makes_dark_on_light_light_on_dark(tmp_path):
    Image.new("L", (28, 28), 255).save(tmp_path / "white.png")
    assert predict.read(tmp_path / "white.png", (28, 28, 1), invert=True).max() == 0


def test_it_imports_nothing_but_numpy_pillow_and_a_runtime():  # 004-44
    tree = ast.parse(handed.predict_script())
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names - sys.stdlib_module_names == {"numpy", "PIL", "onnxruntime", "ai_edge_litert"}


def test_a_name_that_a_terminal_would_obey_is_written_as_an_escape():
    assert predict.legible("née\n\x1b[2J") == r"née\n\x1b[2J"


def floats(path):
    Image.fromarray(np.ones((40, 40), np.float32)).save(path, "TIFF")


def huge(path):
    Image.new("1", (20_000, 20_000)).save(path, "PNG")


@pytest.mark.parametrize("write", [lambda path: path.write_text("no picture"), floats, huge])
def test_what_is_no_picture_is_told_in_one_line(write, tmp_path, monkeypatch, capsys):
    (tmp_path / "classes.json").write_text('["one"]')
    write(tmp_path / "text.png")
    monkeypatch.setattr(predict, "HERE", tmp_path)
    monkeypatch.setattr(predict, "load", lambda model: (None, (28, 28, 1)))
    monkeypatch.setattr(sys, "argv", ["predict.py", str(tmp_path / "text.png")])
    with pytest.raises(SystemExit):
        predict.main()
    assert "is no picture that can be read" in capsys.readouterr().err
