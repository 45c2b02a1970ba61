import numpy as np
import pytest

from imagette.data import unfolding
from imagette.data.npz import NpzSource
from imagette.errors import DataError

LABELS = np.arange(10) % 2


@pytest.fixture
def saved(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "a.npz", **arrays)
        return NpzSource(tmp_path / "a.npz")

    return save


def test_given_train_and_test_sets_are_never_merged(saved, images):
    # 000-T1
    made = images(10)
    raw = saved(x_train=made[:6], y_train=LABELS[:6], x_test=made[6:], y_test=LABELS[6:]).load(None)
    assert np.array_equal(raw.train.images, made[:6])
    assert np.array_equal(raw.test.images, made[6:])
    assert raw.class_names == ("0", "1")


def test_without_a_test_set_a_fifth_is_cut(saved, images):
    raw = saved(images=images(10)[..., 0], labels=LABELS, class_names=["cat", "dog"]).load(None)
    assert (len(raw.train), len(raw.test)) == (8, 2)
    assert np.bincount(raw.test.labels).tolist() == [1, 1]
    assert raw.class_names == ("cat", "dog")
    assert raw.train.images.shape[1:] == (4, 5, 1)


def test_keras_columns_of_labels_are_understood(saved, images):
    raw = saved(images=images(10, channels=3), labels=LABELS[:, None]).load(None)
    assert raw.train.labels.dtype == np.int32


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"labels": LABELS}, "must hold x_train, y_train, x_test and y_test, or images and labels"),
        ({"labels": LABELS[:5]}, "integers [N], one for each of the 10 images. Got int64 [5]"),
        ({"labels": LABELS / 1.0}, "integers [N], one for each of the 10 images. Got float64 [10]"),
        ({"labels": LABELS * 2 - 1}, "Labels must be from 0 to 1. "),
        ({"labels": LABELS, "class_names": ["a", "b", "c"]}, "has none for 'c' (label 2)"),
        ({"labels": LABELS * 2}, "has none for '1' (label 1)"),
        ({"labels": LABELS * 0, "class_names": ["a"]}, "A classifier needs at least two classes."),
        ({"labels": LABELS + 2**40}, "holds labels that are not class numbers"),
        ({"labels": LABELS + 2**30}, "Labels must be from 0 to 10"),
    ],
)
def test_wrong_labels_get_one_line(saved, images, arrays, message):
    made = {"images": images(10)} if "must hold" not in message else {}
    with pytest.raises(DataError) as refused:
        saved(**made, **arrays).load(None)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (np.zeros((10, 4, 4)), "must be uint8 [N,H,W] or [N,H,W,C]; got float64: multiply by 255"),
        (np.zeros((10, 4, 4), np.int64), "got int64: scale to 0..255 and cast"),
        (np.zeros((10, 4), np.uint8), "must be [N,H,W] or [N,H,W,C] with C 1 or 3. Got [10, 4]"),
        (np.zeros((10, 3, 4, 4), np.uint8), "with C 1 or 3. Got [10, 3, 4, 4]"),
    ],
)
def test_wrong_images_get_one_line(saved, made, message):
    with pytest.raises(DataError) as refused:
        saved(images=made, labels=LABELS).load(None)
    assert message in str(refused.value)


def test_a_set_of_one_image_is_refused(saved, images):
    with pytest.raises(DataError, match=r"needs at least two classes. .* has 1: '0'"):
        saved(images=images(1), labels=np.array([0])).load(None)


def test_two_images_are_too_few_for_a_test_set(saved, images):
    with pytest.raises(DataError, match="has 2 images: too few different ones to cut a test set"):
        saved(images=images(2), labels=np.array([0, 1])).load(None)


def test_an_empty_test_set_is_refused(saved, images):
    arrays = {"x_train": images(10), "y_train": LABELS, "y_test": LABELS[:0]}
    with pytest.raises(DataError, match="has an empty test set"):
        saved(**arrays, x_test=images(1)[:0]).load(None)


def test_splits_of_two_shapes_are_refused(saved, images):
    arrays = {"x_train": images(10), "y_train": LABELS, "y_test": LABELS}
    with pytest.raises(DataError, match=r"of one shape. Got \[4, 5, 1\] and \[5, 4, 1\]"):
        saved(**arrays, x_test=images(10, 5, 4)).load(None)


def test_pickled_objects_are_refused(saved):
    # 000-T5
    with pytest.raises(DataError, match="is damaged or holds objects"):
        saved(images=np.array([None] * 10), labels=LABELS).load(None)


@pytest.mark.parametrize("keep", [0, 30, 300])
def test_a_damaged_archive_is_named(saved, images, keep):
    source = saved(images=images(10), labels=LABELS)
    source.path.write_bytes(source.path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"a.npz' is not an .npz archive"):
        source.load(None)


def test_an_archive_that_grows_without_end_is_refused(saved, images, monkeypatch):
    monkeypatch.setattr(unfolding, "FREE_BYTES", 100)
    monkeypatch.setattr(unfolding, "MOST_TIMES", 0)
    with pytest.raises(DataError, match=r"unpacks to .* bytes: at most 100"):
        saved(images=images(10), labels=LABELS).load(None)


def test_a_changed_archive_is_another(saved, images):
    before = saved(images=images(10), labels=LABELS).fingerprint()
    assert saved(images=images(12), labels=LABELS).fingerprint() != before
