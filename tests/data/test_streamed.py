"""`cache = false`: items that bytes cannot hold, or that change, are read each time."""

import numpy as np
import pytest

from imagette.data.digests import image_digests
from imagette.data.items import split_of
from imagette.data.live import dataset_of
from imagette.data.preprocess import preprocess_of
from imagette.data.spec import DataSpec
from imagette.data.statistics import channel_statistics
from imagette.data.streamed import StreamedImages
from imagette.errors import DataError

FLOATS = np.random.default_rng(0).normal(size=(90, 4, 5, 3)).astype(np.float32)


class Floats:
    """Floats of any value and labels; what it gives can be changed later."""

    def __init__(self):
        self.images, self.labels, self.asked = FLOATS.copy(), np.arange(90) % 3, []

    def __len__(self):
        return 90

    def __getitem__(self, index):
        self.asked.append(index)
        return self.images[index], self.labels[index]


@pytest.fixture
def own():
    return Floats()


def streamed(thing, **options):
    return dataset_of(thing, cache=False, **options)


def test_floats_are_read_when_they_are_used_in_units_of_pixels(own):
    # 004-14
    images = streamed(own, validation=0).train.images
    assert isinstance(images, StreamedImages)
    assert images.shape == (90, 4, 5, 3)
    own.asked.clear()
    found = images[np.array([[5, 2], [2, 7]])]
    np.testing.assert_allclose(found / 255, FLOATS[[[5, 2], [2, 7]]], rtol=1e-6)
    assert own.asked == [5, 2, 2, 7]
    own.images += 1
    np.testing.assert_allclose(images[3:5] / 255, FLOATS[3:5] + 1, rtol=1e-6)


def test_a_part_reads_its_own_items_alone(own):
    part = streamed(own, validation=0).train[10:20]
    own.asked.clear()
    assert (len(part), part.images.shape[0], own.asked) == (10, 10, [])
    assert part.images[:2].shape == (2, 4, 5, 3)
    assert own.asked == [10, 11]


def test_bytes_that_stay_go_the_usual_way(images):
    pictures = images(90)
    items = [(picture / np.float32(255), index % 3) for index, picture in enumerate(pictures)]
    kept, cached = streamed(items), dataset_of(items)
    assert kept.digest == cached.digest
    np.testing.assert_array_equal(kept.train.images, cached.train.images)


def test_arrays_of_floats_are_streamed_too():
    data = streamed((FLOATS, np.arange(90)[:, None] % 3), validation=0)
    np.testing.assert_allclose(data.train.images[:] / 255, FLOATS, rtol=1e-6)


def test_random_bytes_are_read_anew():
    # 004-14
    rng = np.random.default_rng(0)

    class Random(Floats):
        def __getitem__(self, index):
            return rng.integers(0, 256, (4, 5), np.uint8), index % 3

    images = streamed(Random()).train.images
    assert not np.array_equal(images[:4], images[:4])


def test_the_cut_is_by_index_whatever_the_pictures(own):
    # 000-11
    first = streamed(own, validation=0.2)
    own.images *= 2
    again = streamed(own, validation=0.2)
    assert (len(first.train), len(first.validation)) == (72, 18)
    assert np.bincount(first.validation.labels).tolist() == [6, 6, 6]
    assert first.digest == again.digest
    np.testing.assert_array_equal(first.validation.images.rows, again.validation.images.rows)
    both = np.concatenate(
        [image_digests(first.train.images), image_digests(first.validation.images)]
    )
    assert len(np.unique(both, axis=0)) == 90
    other = streamed(own, validation=0.2, split_seed=1).validation.images.rows
    assert not np.array_equal(first.validation.images.rows, other)


def test_ones_own_collate_function_makes_the_images(own):
    # 004-15
    def collate(items):
        return np.stack([image[:2] for image, _ in items]), [label for _, label in items]

    images = streamed(own, validation=0, collate=collate).train.images
    np.testing.assert_allclose(images[np.array([8, 1])] / 255, FLOATS[[8, 1], :2], rtol=1e-6)


def test_statistics_are_those_of_numpy_in_double_precision(own):
    # 003-05
    train = streamed(own, validation=0).train
    found = channel_statistics(train.images)
    np.testing.assert_allclose(found.mean, FLOATS.mean(axis=(0, 1, 2), dtype=np.float64), atol=1e-7)
    np.testing.assert_allclose(found.deviation, FLOATS.astype(np.float64).std(axis=(0, 1, 2)))


def test_a_channel_that_never_varies_is_refused(own):
    own.images[..., 1] = 0.3
    with pytest.raises(DataError, match=r"^Channel 1 is the same in every pixel"):
        preprocess_of(DataSpec(), streamed(own).train)


def raising(own):
    own.labels = None


def shuffled(own):
    own.labels = own.labels[::-1]


def shorter(own):
    own.images = own.images[:50]


def smaller(own):
    own.images = own.images[:, 1:]


def broken(own):
    own.images[70] = np.nan


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (raising, "Item 70 of Floats raised TypeError: 'NoneType' object is not subscriptable"),
        (shuffled, "Item 70 of Floats has the label 1, and had 2 at the first reading: images"),
        (shorter, "Floats says that it has 90 items, but item 70 raised IndexError: index 70"),
        (smaller, "Item 70 of Floats is 3 x 5 x 3 (height x width x channels), the first 4 x 5"),
        (broken, "Item 70 of Floats holds values that are not finite."),
    ],
)
def test_what_goes_wrong_later_is_one_line_with_the_item(own, spoil, message):
    # 004-14
    own.labels[70] = own.labels[19] + 1  # 2, so that a shuffled item is seen
    images = streamed(own, validation=0).train.images
    spoil(own)
    with pytest.raises(DataError) as refused:
        images[np.array([70, 3])]
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_what_looks_at_bytes_refuses(own):
    data = streamed(own)
    for look in (data.floats, lambda: data.frame(pixels=True), lambda: data.train[0]):
        with pytest.raises(DataError, match=r"are read from their items each time \(cache = fal"):
            look()
    assert len(data.frame()) == 90


def test_without_leave_floats_are_refused(own):
    with pytest.raises(DataError, match=r"^Item 0 of 'it' must hold uint8, or floats from 0 to 1"):
        split_of(own, "'it'")
