import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from imagette.data.interpolate import interpolation, resized_batch


@pytest.mark.parametrize("target", [(24, 24), (28, 20), (32, 32), (48, 64), (7, 90)])
def test_pictures_are_resized_as_torch_resizes_them(target):
    pixels = np.random.default_rng(0).uniform(0, 255, (3, 32, 26, 3)).astype(np.float32)
    expected = F.interpolate(
        torch.from_numpy(pixels).permute(0, 3, 1, 2),
        target,
        mode="bilinear",
        align_corners=False,
        antialias=True,
    ).permute(0, 2, 3, 1)
    np.testing.assert_allclose(resized_batch(pixels, target), expected, atol=2e-3)


def test_a_shrunk_picture_is_pillows_to_a_rounding():
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32)).astype(np.uint8)
    expected = Image.fromarray(pixels).resize((24, 28), Image.Resampling.BILINEAR)
    found = resized_batch(pixels[None, :, :, None].astype(np.float32), (28, 24))[0, :, :, 0]
    assert np.abs(found - np.asarray(expected, np.float32)).max() < 1.01


@pytest.mark.parametrize(("source", "target"), [(32, 24), (24, 32), (5, 1), (1, 5)])
def test_an_even_picture_stays_even(source, target):
    np.testing.assert_allclose(interpolation(source, target).sum(1), 1, rtol=1e-6)


def test_the_same_size_changes_nothing():
    np.testing.assert_array_equal(interpolation(28, 28), np.eye(28))
