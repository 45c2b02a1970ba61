import numpy as np
import pytest

from imagette.data.dataset import open_data
from imagette.data.framing import framing_by_mean, framing_of
from imagette.data.spec import DataSpec


def things(lighter, places, background=0):
    """One 4 x 6 thing a picture, at these rows and columns, of uneven weight."""
    images = np.full((len(places), 16, 16, 1), background, np.uint8)
    ink = 255 if lighter else 0
    for image, (row, column) in zip(images, places, strict=True):
        image[row : row + 4, column : column + 6] = ink
    return images


@pytest.mark.parametrize(("lighter", "background"), [(True, 0), (False, 255), (True, 90)])
def test_the_background_and_what_stands_out_from_it_are_seen(lighter, background):
    framing = framing_of(things(lighter, [(6, 5), (6, 5)], background))
    assert (framing.background, framing.is_lighter, framing.extent) == (background, lighter, 6)
    assert framing.centre == (0, 0)
    assert framing.background + framing.span == (255 if lighter else 0)


def test_what_varies_less_is_the_centre():
    images = things(True, [(6, 5), (6, 5)])
    images[0, 6, 5] = images[1, 9, 10] = 40  # moves the mass alone
    assert framing_of(images).centred == "box"
    images = things(True, [(6, 5), (6, 5)])
    images[0, 2, 5] = images[0, 13, 10] = 20  # moves the box alone
    images[0, 12, 5] = 0
    images[1, 6:10, 5:11] = 255
    assert framing_of(images).centred == "mass"


def test_full_and_coloured_pictures_have_no_framing():
    drawn = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), np.uint8)
    assert framing_of(drawn) is None
    assert framing_of(drawn[..., :1]) is None
    coloured = np.zeros((2, 8, 8, 3), np.uint8)
    coloured[..., 0] = 200
    assert framing_of(coloured) is None


def test_grey_things_kept_in_three_channels_have_one():
    images = np.repeat(things(True, [(6, 5)]), 3, axis=3)
    assert framing_of(images) == framing_of(images[..., :1])


def test_pictures_without_anything_have_no_framing():
    assert framing_of(np.zeros((3, 8, 8, 1), np.uint8)) is None


def test_clothes_fill_their_frame_and_are_centred_by_their_box():
    framing = framing_of(open_data(DataSpec(name="fashion-sample")).train.images[:1000])
    assert (framing.background, framing.is_lighter, framing.extent) == (0, True, 28)
    assert framing.centred == "box"


@pytest.mark.system
def test_digits_are_20_of_28_pixels_and_centred_by_mass(real_cache):
    framing = framing_of(open_data(DataSpec(name="mnist")).train.images[:1000])
    assert (framing.background, framing.is_lighter, framing.extent) == (0, True, 20)
    assert framing.centred == "mass"
    assert max(map(abs, framing.centre)) < 1
    assert framing_of(open_data(DataSpec(name="cifar10")).train.images[:1000]) is None


def test_a_mean_alone_tells_bright_things_on_dark():
    assert framing_by_mean((0.13,), 28, 28).extent == 20
    assert framing_by_mean((0.47,), 28, 28) is None
    assert framing_by_mean((0.1, 0.1, 0.1), 28, 28) is None
