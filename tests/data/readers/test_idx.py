import gzip

import numpy as np
import pytest

from imagette.data.readers.idx import idx_files, read_idx, read_idx_split
from imagette.errors import DataError


@pytest.fixture
def files(tmp_path, images):
    made = images(3)
    paths = tmp_path / "x-idx3-ubyte", tmp_path / "y-idx1-ubyte"
    contents = [b"".join(f) for f in idx_files(made, np.array([2, 0, 1], np.int32))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return made, paths


def test_idx_files_are_read_back(files):
    # 003-08
    made, paths = files
    images, labels = read_idx_split(paths, "train")
    assert np.array_equal(images, made)
    assert (labels.tolist(), labels.dtype) == ([2, 0, 1], np.int32)


def test_gzipped_files_are_the_same(files):
    made, paths = files
    zipped = paths[0].with_suffix(".gz")
    zipped.write_bytes(gzip.compress(paths[0].read_bytes()))
    assert np.array_equal(read_idx(zipped), made[..., 0])


@pytest.mark.parametrize("keep", [0, 3, 10, 30])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_truncated_file_is_named(files, tmp_path, keep, suffix):
    content = files[1][0].read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes((gzip.compress(content) if suffix else content)[:keep])
    with pytest.raises(DataError, match=r"cut(\.gz)?' is truncated or damaged"):
        read_idx(path)


def test_a_header_that_promises_too_much_allocates_nothing(tmp_path):
    (tmp_path / "bomb").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12)
    with pytest.raises(DataError, match="truncated or damaged"):
        read_idx(tmp_path / "bomb")


def test_a_file_that_goes_on_too_long_is_refused(files):
    path = files[1][0]
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(DataError, match="its header promises 60 bytes"):
        read_idx(path)


def test_another_format_is_refused(tmp_path):
    (tmp_path / "png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match="is not an IDX file of bytes"):
        read_idx(tmp_path / "png")


def test_images_and_labels_must_be_as_many(files, tmp_path):
    _, labels = idx_files(files[0], np.array([1, 1], np.int32))
    short = b"".join(labels)[:4] + b"\0\0\0\x02" + b"\1\1"
    (tmp_path / "short").write_bytes(short)
    with pytest.raises(DataError, match=r"must hold \[N,H,W\] images and N labels"):
        read_idx_split([files[1][0], tmp_path / "short"], "train")
