import numpy as np
import pytest
from PIL import Image

from imagette.data.adapt import adapted
from imagette.data.framing import Framing
from imagette.errors import DataError, UsageError

DIGITS = Framing(0, True, 20, "mass", (0.5, 0.5))
GREY, COLOUR = (1, 28, 28), (3, 32, 32)


@pytest.fixture
def saved(tmp_path):
    def save(image, name="a.png", **options):
        path = tmp_path / name
        (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
        return path

    return save


def page(ink=30, paper=230, size=(300, 400)):
    """A bar of 40 x 160 pixels on even paper, far from the middle."""
    picture = np.full(size, paper, np.uint8)
    picture[20:180, 300:340] = ink
    return picture


def lies(image):
    """Where the ink of a prepared picture lies: rows, columns and the centre of its mass."""
    ink = image[..., 0].astype(float)
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    mass = [(ink * index).sum() / ink.sum() for index in np.indices(ink.shape)]
    return (len(rows), len(columns)), mass


@pytest.mark.parametrize(("ink", "paper"), [(30, 230), (230, 30), (0, 255), (255, 0), (90, 160)])
def test_either_polarity_becomes_light_on_dark_and_centred(saved, ink, paper):
    image = adapted(saved(page(ink, paper)), GREY, DIGITS).image
    assert (image.shape, image.dtype) == ((28, 28, 1), np.uint8)
    assert (image[0, 0, 0], image.max()) == (0, 255)
    size, mass = lies(image)
    assert size == (20, 5)  # 160 x 40, its longer side to 20
    assert mass == pytest.approx([14, 14], abs=0.51)  # whole pixels


def test_the_words_say_what_was_done(saved):
    steps = adapted(saved(page()), GREY, DIGITS).steps
    assert steps == (
        "400 x 300, grey",
        "dark on light, turned",
        "10% x 53% of it cut out",
        "scaled to 5 x 20, centred by mass in 28 x 28",
    )


def test_things_darker_than_their_background_stay_so(saved):
    framing = Framing(255, False, 20, "box", (0, 0))
    image = adapted(saved(page()), GREY, framing).image
    assert (image[0, 0, 0], image.min()) == (255, 0)


def test_uneven_light_is_no_thing(saved):
    lit = page() * np.linspace(1, 0.4, 400) * np.linspace(0.7, 1, 300)[:, None]
    noisy = (lit + np.random.default_rng(0).normal(0, 5, lit.shape)).clip(0, 255)
    image = adapted(saved(noisy.astype(np.uint8)), GREY, DIGITS).image
    assert lies(image)[0] == (20, 5)


def test_a_table_at_the_edge_and_specks_are_left_out(saved):
    picture = page()
    picture[280:, :] = 60
    picture[60:63, 40:42] = 0
    assert lies(adapted(saved(picture), GREY, DIGITS).image)[0] == (20, 5)


def test_a_picture_that_lies_as_the_sets_do_is_taken_as_it_is(saved):
    own = np.zeros((28, 28), np.uint8)
    own[5:20, 3:9] = 77
    found = adapted(saved(own), GREY, DIGITS)
    np.testing.assert_array_equal(found.image[..., 0], own)
    assert found.steps == ("28 x 28, grey", "taken as it is")


def test_what_is_transparent_is_the_paper_whatever_the_ink(saved):
    for ink in (0, 255):
        drawn = np.zeros((300, 400, 4), np.uint8)
        drawn[..., :3] = ink
        drawn[20:180, 300:340, 3] = 255
        assert lies(adapted(saved(drawn), GREY, DIGITS).image)[0] == (20, 5)


@pytest.mark.parametrize("mode", ["RGB", "P", "1", "I;16", "CMYK", "LA"])
def test_any_kind_of_picture_is_read(saved, mode):
    plain = Image.fromarray(page(0, 255))
    if mode == "I;16":
        picture = Image.fromarray(page(0, 255).astype(np.uint16) * 257)
    else:
        picture = plain.convert(mode)
    path = saved(picture, "a.tif" if mode == "CMYK" else "a.png")
    assert lies(adapted(path, GREY, DIGITS).image)[0] == (20, 5)


def test_the_orientation_of_a_camera_is_applied(saved):
    turned = Image.fromarray(page()).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 270 degrees to see it upright
    path = saved(turned, "a.jpg", exif=exif)
    assert lies(adapted(path, GREY, DIGITS).image)[0] == (20, 5)


def test_full_pictures_are_cut_in_the_middle_and_averaged(saved):
    rows = np.zeros((64, 128, 3), np.uint8)
    rows[:, 32:96] = 50, 100, 150
    found = adapted(saved(rows), COLOUR, None)
    assert found.image.shape == (32, 32, 3)
    assert (found.image[:, 2:-2] == (50, 100, 150)).all()
    assert found.steps == ("128 x 64, colour", "its middle cut out", "scaled to 32 x 32")
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 200  # half of the pixels: unaveraged, all or none would be seen
    grey = adapted(saved(stripes), COLOUR, None).image
    assert np.abs(grey[4:-4, 4:-4].astype(int) - 100).max() <= 2


def test_grey_pictures_for_a_network_of_colours_have_equal_channels(saved):
    image = adapted(saved(page()), (3, 28, 28), DIGITS).image
    np.testing.assert_array_equal(image[..., 0], image[..., 2])


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_is_refused(saved, level):
    with pytest.raises(DataError, match=r"a.png' stands out from an even background.* light it"):
        adapted(saved(np.full((90, 70), level, np.uint8)), GREY, DIGITS)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"b.png' is not there: name a picture"):
        adapted(tmp_path / "b.png", GREY, DIGITS)
    with pytest.raises(UsageError, match=r"' is a folder: name a picture"):
        adapted(tmp_path, GREY, DIGITS)
