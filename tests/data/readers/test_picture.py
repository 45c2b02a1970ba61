import numpy as np
import pytest
from PIL import Image

from imagette.data.readers import picture
from imagette.data.readers.picture import read_header, read_picture
from imagette.errors import DataError


@pytest.fixture
def saved(tmp_path):
    def save(image, name="a.png", **options):
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


def test_height_comes_before_width(saved):
    # 003-08, 003-03
    path = saved(Image.new("RGB", (7, 3), (1, 2, 3)))
    assert read_picture(path, "rgb").shape == (3, 7, 3)
    assert read_picture(path, "rgb")[2, 6].tolist() == [1, 2, 3]
    header = read_header(path)
    assert (header.height, header.width, header.colour) == (3, 7, "rgb")


def test_the_orientation_of_a_camera_is_applied(saved):
    image = Image.new("L", (4, 2))
    image.putpixel((0, 0), 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    path = saved(image, exif=exif)
    pixels = read_picture(path, "grey")
    assert pixels.shape == (4, 2, 1)
    assert pixels[0, 1, 0] == 255
    assert (read_header(path).height, read_header(path).width) == (4, 2)


def test_a_palette_gives_its_colours(saved):
    image = Image.new("P", (1, 1))
    image.putpalette([10, 20, 30])
    assert read_picture(saved(image), "rgb").ravel().tolist() == [10, 20, 30]


def test_cmyk_becomes_rgb(saved):
    path = saved(Image.new("CMYK", (1, 1), (255, 0, 0, 0)), "a.tif")
    assert read_picture(path, "rgb").ravel().tolist() == [0, 255, 255]


@pytest.mark.parametrize(("wide", "narrow"), [(0, 0), (65535, 255), (257, 1), (385, 1), (386, 2)])
def test_16_bits_are_rounded_to_8(saved, wide, narrow):
    path = saved(Image.fromarray(np.full((1, 1), wide, np.uint16)))
    assert read_picture(path, "grey").item() == narrow
    assert read_header(path).colour == "grey"


def test_transparent_pixels_show_white_paper(saved):
    path = saved(Image.new("RGBA", (1, 1), (9, 9, 9, 0)))
    assert read_picture(path, "rgb").ravel().tolist() == [255, 255, 255]


def test_two_levels_become_0_and_255(saved):
    path = saved(Image.new("1", (1, 1), 1))
    assert read_picture(path, "grey").item() == 255


def test_floating_point_pixels_are_refused(saved):
    path = saved(Image.new("F", (1, 1)), "a.tif")
    with pytest.raises(DataError, match="holds floating-point pixels"):
        read_picture(path, "grey")


def test_a_size_scales_the_shorter_side_and_cuts_the_middle(saved):
    # 002-05
    image = Image.new("L", (30, 10))
    image.paste(200, (10, 0, 20, 10))
    pixels = read_picture(saved(image), "grey", size=5)
    assert pixels.shape == (5, 5, 1)
    assert (pixels[:, 1:4] == 200).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1"])
def test_a_large_picture_is_averaged_down_first(saved, mode):
    image = Image.new("L", (90, 60))
    image.paste(255, (0, 0, 45, 60))
    pixels = read_picture(saved(image.convert(mode)), "grey", longest=20)
    small = mode in ("L", "RGB", "RGBA")
    assert pixels.shape == ((15, 23, 1) if small else (60, 90, 1))
    assert (pixels[:, 0] == 255).all()
    assert (pixels[:, -1] == 0).all()


def test_a_file_of_no_known_kind_says_which_are(tmp_path):
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(DataError, match=r"\(none of PNG, JPEG, BMP, GIF, WEBP, TIFF,"):
        read_picture(tmp_path / "a.png", "grey")


@pytest.mark.parametrize("keep", [0, 20, 200])
def test_a_corrupt_picture_is_named(saved, images, keep):
    path = saved(Image.fromarray(images(1, 30, 30)[0, ..., 0]), "a\nb.png")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError) as refused:
        read_picture(path, "grey")
    assert "a\\nb.png' is not a picture that can be decoded" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_decompression_bomb_is_not_decoded(saved, monkeypatch):
    monkeypatch.setattr(picture, "_LARGEST_PIXELS", 100)
    path = saved(Image.new("1", (200, 200)))
    with pytest.raises(DataError, match="is 200 x 200 pixels: at most 100 are decoded"):
        read_picture(path, "grey")


def test_a_format_that_could_run_programs_is_not_opened(tmp_path):
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n")
    with pytest.raises(DataError, match="is not a picture that can be decoded"):
        read_picture(tmp_path / "a.png", "grey")
