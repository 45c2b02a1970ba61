import numpy as np
import pytest
import torch
import torch.nn.functional as F

from imagette.data.streamed import StreamedImages
from imagette.data.views import View, views_of


@pytest.fixture
def network():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.LazyLinear(5))


def averaged(images, num_views, network):
    return sum(view.weight * network(tensor_of(view.of(images))) for view in views_of(num_views))


def tensor_of(images):
    return torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32))


def test_one_view_is_the_image_itself(images):
    pictures = images(3)
    (view,) = views_of(1)
    assert view.weight == 1
    assert view.of(pictures) is pictures


@pytest.mark.parametrize("num_views", [1, 2, 6])
def test_weights_sum_to_1_and_the_image_itself_comes_first(num_views):
    views = list(views_of(num_views))
    assert len(set(views)) == num_views
    assert sum(view.weight for view in views) == 1
    assert (views[0].mirrored, views[0].moved) == (False, 0)


@torch.no_grad()
def test_two_and_six_views_are_those_of_airbench(network):  # 000-25
    # infer_mirror and infer_mirror_translate as the paper's code states them
    pictures = np.random.default_rng(0).integers(0, 256, (4, 9, 8, 3)).astype(np.uint8)
    inputs = tensor_of(pictures)

    def mirror(x):
        return 0.5 * network(x) + 0.5 * network(x.flip(-1))

    padded = F.pad(inputs, (1, 1, 1, 1), "reflect")
    moved = [mirror(padded[:, :, :9, :8]), mirror(padded[:, :, 2:11, 2:10])]
    six = 0.5 * mirror(inputs) + 0.5 * torch.stack(moved).mean(0)
    torch.testing.assert_close(averaged(pictures, 2, network), mirror(inputs))
    torch.testing.assert_close(averaged(pictures, 6, network), six)


def test_streamed_images_are_seen_like_stored_ones_and_read_only_when_used():
    stored = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 1)).astype(np.uint8)
    asked = []

    def read(rows):
        asked.extend(rows)
        return stored[rows].astype(np.float32)

    streamed = StreamedImages(read, (6, 7, 1), np.arange(5), b"")
    views = [view.of(streamed) for view in views_of(6)]
    assert asked == []
    for view, seen in zip(views_of(6), views, strict=True):
        np.testing.assert_array_equal(seen[1:4], view.of(stored)[1:4])


def test_a_picture_of_one_pixel_has_views_too():
    pixel = np.full((1, 1, 1, 1), 7, np.uint8)
    assert View(0.125, mirrored=True, moved=-1).of(pixel).tolist() == pixel.tolist()
