import numpy as np
import pytest

from imagette.data.dataset import open_data
from imagette.data.live import dataset_of
from imagette.data.spec import DataSpec
from imagette.errors import DataError, UsageError


@pytest.fixture
def arrays(images):
    return images(60), np.arange(60) % 3


def test_arrays_in_memory_are_cut_as_a_file_of_them_is(arrays, tmp_path, cache):
    # 000-11
    path = tmp_path / "own.npz"
    np.savez(path, x_train=arrays[0], y_train=arrays[1], x_test=arrays[0], y_test=arrays[1])
    live = dataset_of(arrays, validation=0.2, split_seed=4)
    filed = open_data(DataSpec(name=f"npz:{path}", validation=0.2, split_seed=4))
    assert np.array_equal(live.validation.images, filed.validation.images)
    assert np.array_equal(live.train.labels, filed.train.labels)
    assert (live.digest, live.class_names) == (filed.digest, filed.class_names)


def test_an_object_with_items_is_read_with_its_class_names(arrays):
    # 004-14
    class Own:
        class_names = ("a", "b", "c")

        def __len__(self):
            return 60

        def __getitem__(self, index):
            return arrays[0][index], arrays[1][index]

    data = dataset_of(Own(), validation=0)
    assert data.class_names == ("a", "b", "c")
    assert np.array_equal(data.train.images, arrays[0])
    assert len(data.validation) == 0


def test_a_collate_function_makes_pairs_of_other_items(arrays):
    # 004-15
    items = [{"x": image, "y": label} for image, label in zip(*arrays, strict=True)]

    def collate(some):
        return np.stack([item["x"] for item in some]), [item["y"] for item in some]

    data = dataset_of(items, validation=0, collate=collate, class_names="abc")
    assert np.array_equal(data.train.images, arrays[0])
    assert data.class_names == ("a", "b", "c")


def test_a_data_set_stays_what_it_is(arrays):
    data = dataset_of(arrays)
    assert dataset_of(data) is data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, y * 2), "(images, labels)' has none for '1' (label 1)"),
        (lambda x, y: (x, y[:5]), "one for each of the 60 images. Got int64 [5]"),
        (lambda x, y: (x, y * 0), "A classifier needs at least two classes."),
        (lambda x, y: (x, y - 1), "has -1 at index 0"),
        (lambda x, y: (x / 7, y), "The images of (images, labels) must hold uint8, or floats"),
        (lambda x, y: x, "Item 0 of ndarray must give (image, label). Got a ndarray"),
    ],
)
def test_data_that_cannot_train_get_one_line(arrays, change, message):
    with pytest.raises(DataError) as refused:
        dataset_of(change(*arrays))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_share_is_the_callers_mistake(arrays):
    with pytest.raises(UsageError, match=r"^dataset_of: 'validation' .* less than 1. Got 1.5.$"):
        dataset_of(arrays, validation=1.5)
