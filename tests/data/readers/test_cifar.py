import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from imagette.data.readers.cifar import binary_files, read_binary, read_pickled
from imagette.errors import DataError


@pytest.fixture
def made(images):
    return images(4, 32, 32, 3), np.array([3, 0, 9, 1], np.int32)


def python_2_pickle(pixels, labels):
    """The opcodes that Python 2 and its NumPy wrote for {'data': array, 'labels': list}."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01(K"
        + bytes([len(labels)])
        + b"M\x00\x0ctcnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xff"
        + b"J\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<i", len(pixels))
        + pixels
        + b"tb"
    )
    numbers = b"".join(b"K" + bytes([label]) for label in labels)
    return b"\x80\x02}(U\x04data" + array + b"U\x06labels](" + numbers + b"eu."


def channel_first(images):
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def test_the_binary_form_is_read_back(made, tmp_path):
    # 003-01, 003-08
    (file,) = binary_files(*made)
    (tmp_path / "data_batch_1.bin").write_bytes(b"".join(file))
    images, labels = read_binary([tmp_path / "data_batch_1.bin"], "train")
    assert np.array_equal(images, made[0])
    assert labels.tolist() == [3, 0, 9, 1]


def test_a_published_batch_has_ten_thousand_records():
    images, labels = np.zeros((20_000, 32, 32, 3), np.uint8), np.zeros(20_000, np.int32)
    assert [len(b"".join(file)) for file in binary_files(images, labels)] == [30_730_000] * 2


def test_a_truncated_binary_is_named(tmp_path):
    (tmp_path / "b.bin").write_bytes(bytes(3072))
    with pytest.raises(DataError, match=r"b.bin' is truncated .* 3073 bytes do not divide"):
        read_binary([tmp_path / "b.bin"], "train")


def test_the_pickles_of_python_2_are_read(made, tmp_path):
    # 003-01
    pixels = channel_first(made[0]).tobytes()
    (tmp_path / "data_batch_1").write_bytes(python_2_pickle(pixels, [3, 0, 9, 1]))
    images, labels = read_pickled([tmp_path / "data_batch_1"], "train")
    assert np.array_equal(images, made[0])
    assert labels.tolist() == [3, 0, 9, 1]


def test_the_pickles_of_python_3_are_read(made, tmp_path):
    content = {b"data": channel_first(made[0]), b"labels": [3, 0, 9, 1]}
    (tmp_path / "batch").write_bytes(pickle.dumps(content, protocol=4))
    assert np.array_equal(read_pickled([tmp_path / "batch"], "train")[0], made[0])


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_hostile_pickle_runs_nothing(tmp_path):
    # 000-T5
    (tmp_path / "batch").write_bytes(pickle.dumps({b"data": Hostile(tmp_path / "ran")}))
    with pytest.raises(DataError, match=r"is refused: it asks for .*nothing .* is run\. Use the b"):
        read_pickled([tmp_path / "batch"], "train")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content",
    [
        {b"labels": [0]},
        {b"data": np.zeros((1, 5), np.uint8), b"labels": [0]},
        {b"data": np.zeros((1, 3072), np.uint8), b"labels": [10]},
        {b"data": np.zeros((1, 3072), np.uint8), b"labels": ["a"]},
        {b"data": b"x", b"labels": [0]},
        [1, 2],
    ],
)
def test_other_content_is_not_a_batch(tmp_path, content):
    (tmp_path / "batch").write_bytes(pickle.dumps(content))
    with pytest.raises(DataError, match="is not a CIFAR-10 batch"):
        read_pickled([tmp_path / "batch"], "train")


@pytest.mark.parametrize("content", [b"", b"\x80\x02}", b"garbage", b"\x80\x04\x95"])
def test_a_damaged_pickle_is_named(tmp_path, content):
    (tmp_path / "batch").write_bytes(content)
    with pytest.raises(DataError, match="batch' is truncated or damaged"):
        read_pickled([tmp_path / "batch"], "train")


def test_an_array_that_is_not_of_bytes_is_refused(tmp_path):
    content = {b"data": np.zeros((1, 3072), np.int64), b"labels": [0]}
    (tmp_path / "batch").write_bytes(pickle.dumps(content))
    with pytest.raises(DataError, match="holds an array that is not uint8"):
        read_pickled([tmp_path / "batch"], "train")
