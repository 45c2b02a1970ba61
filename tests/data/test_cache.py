import errno
import json
import os

import numpy as np
import pytest

from imagette.data import cache as cache_file
from imagette.data.cache import cached_folder, check_cached, open_cached, write_cached
from imagette.data.prepared import prepared_in_memory
from imagette.data.raw import RawSet
from imagette.errors import DataError


@pytest.fixture
def prepared(tiny, cache):
    return prepared_in_memory(RawSet(("even", "odd"), tiny["train"], tiny["test"], "here"))


@pytest.fixture
def written(prepared):
    write_cached("tiny", "f", prepared)
    return cached_folder("tiny")


def test_what_is_written_is_opened_again_memory_mapped(written, tiny):  # 000-15
    # 003-01
    stored = open_cached("tiny", "f")
    part = stored.part("train")
    assert isinstance(part.images.base, np.memmap)
    assert np.array_equal(part.images, tiny["train"].images)
    assert (stored.class_names, stored.origin) == (("even", "odd"), "here")


def test_test_images_lie_in_files_of_their_own(written):
    # 000-11
    for path in written.glob("test_*"):
        path.unlink()
    assert len(open_cached("tiny", "f").part("train").labels) == 20
    with pytest.raises(DataError, match="its test files are short or missing"):
        open_cached("tiny", "f").part("test")


def test_a_source_that_changed_is_read_anew(written, prepared):
    assert open_cached("tiny", "other") is None
    write_cached("tiny", "other", prepared)
    assert open_cached("tiny", "other") is not None
    assert [path.name for path in written.parent.iterdir()] == ["tiny-v1"]


def test_a_set_that_another_process_put_there_is_kept(written, prepared):
    before = written.stat().st_ino
    write_cached("tiny", "f", prepared)
    assert written.stat().st_ino == before
    assert [path.name for path in written.parent.iterdir()] == ["tiny-v1"]


def test_a_set_made_in_the_last_moment_by_another_process_is_kept(written, prepared, monkeypatch):
    monkeypatch.setattr(cache_file.Path, "exists", lambda path: False)
    write_cached("tiny", "other", prepared)
    assert open_cached("tiny", "f") is not None
    assert [path.name for path in written.parent.iterdir()] == ["tiny-v1"]


def test_a_write_that_fails_leaves_nothing(prepared, cache, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_cached("tiny", "f", prepared)
    assert list((cache / "data").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["train_images.npy", "train_labels.npy", "train_digests.npy", "meta.json"]
)
@pytest.mark.parametrize("keep", [0, 100])
def test_a_truncated_file_is_noticed_on_opening(written, name, keep):
    path = written / name
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"is damaged: .*\. Remove that folder and try again"):
        open_cached("tiny", "f").part("train")


def test_a_later_format_is_not_misread(written):
    meta = json.loads((written / "meta.json").read_text())
    (written / "meta.json").write_text(json.dumps({**meta, "version": 2}))
    with pytest.raises(DataError, match="is damaged: it is of version 2"):
        open_cached("tiny", "f")


def test_check_reads_every_byte(written):
    assert check_cached("tiny").counts == {"train": 20, "test": 10}
    path = written / "test_images.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="the test files do not have their recorded digests"):
        check_cached("tiny")


def test_check_of_what_is_not_cached_says_how_to_get_it(cache):
    with pytest.raises(DataError, match=r"'mnist' is not in the cache .*: imagette data get mnist"):
        check_cached("mnist")
