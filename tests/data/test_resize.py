import numpy as np
import pytest
from PIL import Image

from imagette.data.resize import cropped, resized
from imagette.data.split import Split
from imagette.errors import UsageError


@pytest.fixture
def split(images):
    return Split(images(2, 6, 9, channels=3), np.array([0, 1], np.int32))


def test_pictures_are_resized_as_pillow_does(split):
    # 002-05, 003-08
    made = resized(split, 4, 7)
    wanted = Image.fromarray(split.images[1]).resize((7, 4), Image.Resampling.BILINEAR)
    assert np.array_equal(made.images[1], np.asarray(wanted))
    assert made.labels is split.labels


def test_a_crop_is_the_middle(split):
    # 002-05, 003-08
    assert np.array_equal(cropped(split, 2, 4).images, split.images[:, 2:4, 2:6])
    assert cropped(split, 6).images.shape == (2, 6, 6, 3)


@pytest.mark.parametrize(
    ("change", "size", "message"),
    [
        (cropped, (7, 9), r"within the images, 6 x 9 \(height x width\). Got 7 x 9: use resized"),
        (cropped, (0,), "Height and width must be at least 1. Got 0 x 0."),
        (resized, (4, -1), "Height and width must be at least 1. Got 4 x -1."),
    ],
)
def test_a_size_that_cannot_be_is_refused(split, change, size, message):
    with pytest.raises(UsageError, match=message):
        change(split, *size)
