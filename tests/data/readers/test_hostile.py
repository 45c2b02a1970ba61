"""Every reader of data: what was written comes back, and what is spoilt is one line or right."""

import gzip
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from imagette.data.readers.cifar import binary_files, read_binary, read_pickled
from imagette.data.readers.idx import idx_files, read_idx_split
from imagette.data.readers.npz import read_arrays
from imagette.data.readers.picture import read_picture
from imagette.errors import DataError

few = settings(max_examples=40, derandomize=True)
bytes_3d = arrays(np.uint8, array_shapes(min_dims=3, max_dims=3, max_side=6))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("hostile")


def told(path: Path, read) -> object:
    """The value, or the one line that must name the file."""
    try:
        return read()
    except DataError as error:
        told = str(error)
    assert str(path) in told
    assert "\n" not in told
    return None


@few
@given(images=bytes_3d, is_gzipped=st.booleans())
def test_idx_files_come_back_as_they_were_written(folder, images, is_gzipped):
    labels = np.arange(len(images), dtype=np.int32)
    paths = [folder / f"{name}{'.gz' * is_gzipped}" for name in ("images", "labels")]
    for path, blocks in zip(paths, idx_files(images[..., None], labels), strict=True):
        data = b"".join(blocks)
        path.write_bytes(gzip.compress(data) if is_gzipped else data)
    found, found_labels = read_idx_split(paths, "train")
    np.testing.assert_array_equal(found[..., 0], images)
    np.testing.assert_array_equal(found_labels, labels)


@few
@given(data=st.binary(max_size=40), sizes=st.lists(st.integers(0, 2**32 - 1), max_size=3))
def test_any_idx_is_its_bytes_or_one_line(folder, data, sizes):

    path, labels = folder / "any-images", folder / "any-labels"
    head = bytes([0, 0, 8, len(sizes)]) + b"".join(size.to_bytes(4, "big") for size in sizes)
    path.write_bytes(head + data)
    labels.write_bytes(b"\0\0\x08\x01\0\0\0\0")
    value = told(path, lambda: read_idx_split([path, labels], "train"))
    assert value is None or value[0].tobytes() == data


@few
@given(data=st.binary(max_size=2), records=st.integers(0, 2))
def test_cifar_batches_are_whole_records_or_one_line(folder, data, records):
    path = folder / "batch.bin"
    path.write_bytes(bytes(3073 * records) + data)
    value = told(path, lambda: read_binary([path], "train"))
    assert (value is None) == (bool(data) or records == 0)


def test_cifar_batches_come_back_as_they_were_written(folder, images):
    path, pictures = folder / "whole.bin", images(4, 32, 32, 3)
    (blocks,) = binary_files(pictures, np.arange(4))
    path.write_bytes(b"".join(blocks))
    found, labels = read_binary([path], "train")
    np.testing.assert_array_equal(found, pictures)
    assert labels.tolist() == [0, 1, 2, 3]


@few
@given(
    arrays(np.uint8, (2, 3072)),
    st.lists(st.integers(0, 9), min_size=2, max_size=2),
    st.sampled_from([3, 4]),
)
def test_pickled_batches_come_back_as_they_were_written(folder, data, labels, protocol):
    path = folder / "batch"
    path.write_bytes(pickle.dumps({b"data": data, b"labels": labels}, protocol=protocol))
    found, found_labels = read_pickled([path], "train")
    np.testing.assert_array_equal(found.transpose(0, 3, 1, 2).reshape(2, -1), data)
    assert found_labels.tolist() == labels


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("ran"),)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (pickle.dumps(Evil()), r"nothing that a pickle names is run"),
        (b"]r\xff\xff\xff\x7f.", "asks for 2,147,483,647 places in memory"),
        (b"})" + b"2\x86" * 60 + b"K\1s.", "holds more than 20 tuples"),
        (b"\x8e" + (10**12).to_bytes(8, "little") + b".", "truncated or damaged"),
        (b"(" * 100_000 + b".", "truncated or damaged"),
    ],
)
def test_a_pickle_runs_nothing_and_takes_neither_memory_nor_time(tmp_path, monkeypatch, body, rule):
    # 000-T5
    monkeypatch.chdir(tmp_path)
    Path("batch").write_bytes(body)
    with pytest.raises(DataError, match=rule):
        read_pickled([Path("batch")], "train")
    assert not Path("ran").exists()


@few
@given(st.binary(max_size=200))
def test_any_bytes_as_a_pickle_are_one_line(folder, data):
    path = folder / "any"
    path.write_bytes(data)
    assert told(path, lambda: read_pickled([path], "train")) is None


@few
@given(
    arrays(
        st.sampled_from([np.uint8, np.int64, np.dtype(">f4"), np.dtype("<U3")]),
        array_shapes(min_dims=0, max_dims=4, max_side=4),
        fill=st.nothing(),
    ),
    st.booleans(),
)
def test_arrays_of_an_npz_come_back_as_they_were_written(folder, array, in_fortran):
    path = folder / "some.npz"
    np.savez(path, x=np.asfortranarray(array) if in_fortran else array)
    found = read_arrays(path, ["x"])["x"]
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("descr", "shape", "rule"),
    [
        ("'|u1'", "(10**12,)", "annot (parse|be read)|malformed"),
        ("'|u1'", "(1000000000000,)", "claims 1,000,000,000,000 bytes, and "),
        ("'|u1'", "(-1,)", r"claims the shape \[-1\]"),
        ("'|O'", "(1,)", "it holds objects or records"),
        ("[('a', '|u1')]", "(1,)", "it holds objects or records"),
        ("__import__('os').getcwd()", "(1,)", "annot (parse|be read)|malformed"),
    ],
)
def test_a_header_is_believed_only_as_far_as_its_bytes_go(tmp_path, descr, shape, rule):
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    data = b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text + pickle.dumps([None])
    path = tmp_path / "claims.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", data)
    with pytest.raises(DataError, match=rule) as refused:
        read_arrays(path, ["x"])
    assert str(path) in str(refused.value)


def test_an_archive_that_unpacks_to_a_hundred_times_its_size_is_refused(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(65 << 20))
    with pytest.raises(DataError, match=r"unpacks to 68,157,440 bytes: at most 67,108,864 of"):
        read_arrays(path, ["x"])


@few
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_pictures_come_back_as_they_were_written(folder, pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    np.testing.assert_array_equal(read_picture(out.getvalue(), "grey")[..., 0], pixels)


@few
@given(st.data())
def test_a_spoilt_picture_is_a_picture_or_one_line(folder, data):
    out = io.BytesIO()
    Image.fromarray(np.arange(35, dtype=np.uint8).reshape(5, 7)).save(out, "PNG")
    spoilt = bytearray(out.getvalue())
    spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= data.draw(st.integers(1, 255))
    path = folder / "spoilt.png"
    path.write_bytes(spoilt)
    value = told(path, lambda: read_picture(path, "grey"))
    assert value is None or value.ndim == 3
