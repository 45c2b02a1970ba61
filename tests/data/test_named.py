from dataclasses import replace

import numpy as np
import pytest

from imagette.data import named
from imagette.data.digests import digest_of
from imagette.data.named import Layout
from imagette.data.readers.cifar import binary_files
from imagette.errors import DataError, UsageError


class Refusing:
    """A mirror that must not be asked."""

    title = "nobody"

    def fetch(self, into):
        raise AssertionError("asked")


def test_what_lies_on_disk_is_used_and_nothing_fetched(tiny_set, tiny_folder, tiny):
    # 001-03, 002-33
    raw = tiny_set(Refusing()).load(tiny_folder)
    assert np.array_equal(raw.train.images, tiny["train"].images)
    assert np.array_equal(raw.test.labels, tiny["test"].labels)
    assert raw.origin == f"IDX files in {str(tiny_folder)!r}"


def test_a_folder_of_data_may_be_a_link(tiny_set, tiny_folder, tmp_path):
    # 001-03
    (tmp_path / "link").symlink_to(tiny_folder)
    assert len(tiny_set(Refusing()).load(tmp_path / "link").train) == 20


def test_the_environment_names_a_folder_too(tiny_set, tiny_folder, monkeypatch):
    known = tiny_set(Refusing())
    monkeypatch.setenv("IMAGETTE_DATA", str(tiny_folder))
    assert len(known.load(None).train) == 20


def test_a_data_folder_that_is_none_is_the_users_mistake(tiny_set, tmp_path):
    with pytest.raises(UsageError, match=r"The data folder must be a folder. Got '.*absent'"):
        tiny_set().load(tmp_path / "absent")


@pytest.mark.parametrize("keep", [30, 200])
def test_a_truncated_file_on_disk_is_named_and_nothing_fetched(tiny_set, tiny_folder, keep):
    path = tiny_folder / "train-images"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="train-images' is truncated or damaged"):
        tiny_set(Refusing()).load(tiny_folder)


def test_one_altered_pixel_is_noticed(tiny_set, tiny_folder):
    path = tiny_folder / "test-images"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="is not the published test split of tiny: the digests"):
        tiny_set(Refusing()).load(tiny_folder)


def test_one_altered_label_is_noticed(tiny_set, tiny_folder):
    path = tiny_folder / "train-labels"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(DataError, match="is not the published train split of tiny"):
        tiny_set(Refusing()).load(tiny_folder)


def test_a_label_out_of_range_is_named(tiny_set, tiny_folder):
    path = tiny_folder / "train-labels"
    path.write_bytes(path.read_bytes()[:-1] + b"\7")
    with pytest.raises(DataError, match=r"Labels must be from 0 to 1. .* has 7 at index 19"):
        tiny_set(Refusing()).load(tiny_folder)


def test_a_stranger_in_a_customary_place_is_passed_over(tiny_set, tiny_folder, monkeypatch, capsys):
    known = tiny_set()
    (tiny_folder / "train-labels").write_bytes(b"something else")
    monkeypatch.setattr(named, "customary_roots", lambda: (tiny_folder,))
    with pytest.raises(DataError, match="is not on disk and could not be fetched"):
        known.load(None)
    assert "tiny: passed over: " in capsys.readouterr().err


def test_a_file_with_a_recorded_digest_is_checked_before_it_is_read(tiny_set, tiny_folder):
    # 000-T5
    def reads(paths, split):
        raise AssertionError("read")

    files = {"train": ("train-images",), "test": ("test-images",)}
    pickled = Layout("pickles", (".",), files, reads, {"train-images": "md5:" + "0" * 32})
    with pytest.raises(DataError, match="train-images' is not the published file: its md5 must"):
        replace(tiny_set(), layouts=(pickled,)).load(tiny_folder)


def test_batches_in_another_order_are_put_in_their_published_one(tiny_set, images, monkeypatch):
    # 003-01
    monkeypatch.setattr("imagette.data.readers.cifar.BATCH", 2)
    made, labels = images(6, 32, 32, 3), np.array([0, 1, 0, 0, 1, 1], np.int32)
    known = replace(
        tiny_set(),
        shape=(32, 32, 3),
        counts={"train": 6, "test": 10},
        published_files=binary_files,
        published={
            "train": tuple(f"md5:{digest_of(f, 'md5')}" for f in binary_files(made, labels))
        },
    )
    shuffled = np.array([4, 5, 0, 1, 2, 3])
    split = known.verified("train", made[shuffled], labels[shuffled], "here")
    assert np.array_equal(split.images, made)
    assert np.array_equal(split.labels, labels)
    torn = np.array([4, 0, 5, 1, 2, 3])
    with pytest.raises(DataError, match=r"^here is not the published train split"):
        known.verified("train", made[torn], labels[torn], "here")


def test_without_network_and_cache_one_line_says_all(tiny_set):
    with pytest.raises(DataError) as refused:
        tiny_set().load(None)
    assert str(refused.value) == (
        "'tiny' is not on disk and could not be fetched (). Connect to a network, or give the "
        "folder that holds it with --data-dir or IMAGETTE_DATA."
    )
