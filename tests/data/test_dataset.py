import errno

import numpy as np
import pytest

from imagette.data import dataset, prepare
from imagette.data.dataset import look_at_test, open_data, open_test
from imagette.data.digests import content_digest
from imagette.data.spec import DataSpec
from imagette.errors import DataError, StoreError, UsageError


class Ledger:
    def __init__(self, error=None):
        self.rows, self.error = [], error

    def record(self, dataset, digest):
        if self.error:
            raise self.error
        self.rows.append((dataset, digest))


@pytest.fixture
def own_set(tmp_path, images, cache):
    labels = np.repeat(np.arange(3), [50, 30, 20])
    made = images(130)
    test = {"x_test": made[100:], "y_test": np.arange(30) % 3}
    np.savez(tmp_path / "own.npz", x_train=made[:100], y_train=labels, **test)
    return f"npz:{tmp_path / 'own.npz'}"


def test_the_embedded_sample_needs_no_network(cache):
    # 002-33, 002-01, 002-27
    data = open_data(DataSpec())
    assert data.input_shape == (1, 28, 28)
    assert np.bincount(data.train.labels).tolist() == [900] * 10
    assert np.bincount(data.validation.labels).tolist() == [100] * 10
    assert np.bincount(look_at_test(DataSpec()).labels).tolist() == [200] * 10
    assert data.class_names[9] == "Ankle boot"


def test_validation_is_cut_from_training_alone_and_stratified(own_set):
    # 000-11, 000-T1
    data = open_data(DataSpec(name=own_set, validation=0.2))
    assert np.bincount(data.train.labels).tolist() == [40, 24, 16]
    assert np.bincount(data.validation.labels).tolist() == [10, 6, 4]


def test_without_validation_all_images_train_in_their_order(own_set, images):
    # 002-29
    data = open_data(DataSpec(name=own_set, validation=0))
    assert np.array_equal(data.train.images, images(130)[:100])
    assert data.validation.images.shape == (0, 4, 5, 1)


def test_the_split_seed_moves_the_cut_and_nothing_else_does(own_set):
    # 000-14
    one, again, other = (
        open_data(DataSpec(name=own_set, split_seed=seed, cache=cached)).validation.images
        for seed, cached in ((0, True), (0, False), (1, True))
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_limit_leaves_validation_as_it_was(own_set):
    whole = open_data(DataSpec(name=own_set))
    small = open_data(DataSpec(name=own_set, limit=10))
    assert np.array_equal(small.validation.images, whole.validation.images)
    assert np.bincount(small.train.labels).tolist() == [5, 3, 2]
    assert open_data(DataSpec(name=own_set, limit=10, validation=0)).train.images.shape[0] == 10


def test_a_limit_below_the_number_of_classes_is_refused(own_set):
    with pytest.raises(UsageError, match=r"an image for each of the 3 classes. Got 2"):
        open_data(DataSpec(name=own_set, limit=2))


def test_the_digest_is_of_the_whole_training_content(own_set, images):
    one = open_data(DataSpec(name=own_set))
    other = open_data(DataSpec(name=own_set, cache=False, validation=0.5, limit=10))
    assert one.digest == other.digest
    labels = np.repeat(np.arange(3, dtype=np.int32), [50, 30, 20])
    assert one.digest == content_digest(images(130)[:100], labels)


def test_the_ledger_hears_of_the_test_set_before_it_is_opened(own_set, images):
    # 000-12
    ledger = Ledger()
    test = open_test(DataSpec(name=own_set), ledger)
    assert np.array_equal(test.images, images(130)[100:])
    assert ledger.rows == [(own_set, content_digest(test.images, test.labels))]


def test_a_ledger_that_refuses_keeps_the_test_set_shut(own_set, monkeypatch):
    # 000-12
    monkeypatch.setattr(dataset, "_test", lambda prepared: pytest.fail("opened"))
    with pytest.raises(StoreError, match=r"^full$"):
        open_test(DataSpec(name=own_set), Ledger(StoreError("full")))


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("IMAGETTE_CACHE", str(tmp_path / "file/cache"))
    assert len(open_data(DataSpec()).train) == 9000
    said = capsys.readouterr().err
    assert said.startswith("imagette: the cache ")
    assert said.endswith("cannot be written, so data stay in memory\n")
    assert said.count("\n") == 1


def test_a_full_disk_is_told_in_one_line(own_set, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(prepare, "write_cached", full)
    with pytest.raises(DataError, match=r"^The disk is full: .* set IMAGETTE_CACHE to another"):
        open_data(DataSpec(name=own_set))


def test_a_file_that_cannot_be_read_is_named(own_set, monkeypatch):
    def unreadable(*_):
        raise PermissionError(errno.EACCES, "Permission denied", "/some/file")

    monkeypatch.setattr("imagette.data.npz.NpzSource.load", unreadable)
    with pytest.raises(DataError, match=r"^'/some/file' cannot be read \(Permission denied\).$"):
        open_data(DataSpec(name=own_set))


def test_nothing_is_written_when_no_cache_is_wanted(own_set, cache):
    open_data(DataSpec(name=own_set, cache=False))
    assert not cache.exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "cifr10"}, "^'cifr10' is not a data set. Did you mean 'cifar10'?"),
        ({"name": "folder:/no/where"}, "must name a folder that exists"),
        ({"name": "npz:/no/where"}, "must name a file that exists"),
        ({"name": "mnist", "size": 32}, "data.size and data.colour are for 'folder:PATH' alone"),
    ],
)
def test_a_wrong_name_is_the_users_mistake(values, message):
    # 004-12
    with pytest.raises(UsageError, match=message):
        open_data(DataSpec(**values))
