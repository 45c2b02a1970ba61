from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from imagette.errors import StoreError
from imagette.store.weights_file import as_first_weight, read_weights_file

ARRAYS = {
    "b.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a.bias": np.ones(2, np.float32),
}


def as_npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, **ARRAYS)


WRITERS = {
    "w.npz": as_npz,
    "w.safetensors": lambda path: save_file(ARRAYS, path),
    "w.pt": lambda path: torch.save({n: torch.tensor(a) for n, a in ARRAYS.items()}, path),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("renamed", [False, True])
def test_a_file_is_known_by_its_bytes(name, renamed, tmp_path):  # 004-09
    path = tmp_path / ("weights" if renamed else name)
    WRITERS[name](path)
    read = read_weights_file(path)
    assert set(read.arrays) == set(ARRAYS)
    for key, array in ARRAYS.items():
        np.testing.assert_array_equal(read.arrays[key], array)
    assert read.ordered == (name != "w.safetensors")
    assert not read.ordered or list(read.arrays) == list(ARRAYS)


def _header(text: str) -> bytes:
    return len(text).to_bytes(8, "little") + text.encode()


HOSTILE = {
    "missing": (None, "is not there"),
    "empty": (b"", "is not a torch state dict"),
    "an old torch file": (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "torch.save of today"),
    "a cut archive": (b"PK\x03\x04" + bytes(40), "damaged|not an .npz"),
    "a tensor of 10^12": (
        _header('{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'),
        "is damaged",
    ),
    "a header of 10^12": ((10**12).to_bytes(8, "little") + b"{", "is damaged"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_file_of_weights_is_one_line(kind, tmp_path):  # 004-T3
    path, (data, said) = tmp_path / "w.pt", HOSTILE[kind]
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(StoreError, match=said) as caught:
        read_weights_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_objects_in_an_npz_are_never_read(tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, a=np.array([{}], dtype=object))
    with pytest.raises(StoreError, match="holds objects"):
        read_weights_file(path)


@pytest.mark.parametrize("name", ["a\nimagette: error: obey", "\x1b[2J", "n" * 301])
def test_a_name_that_no_line_can_show_is_refused(name, tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, **{name: np.ones(1, np.float32)})
    with pytest.raises(StoreError, match=r"save it under a plain name$") as caught:
        read_weights_file(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([1.0, np.nan], np.float32), "holds NaN or infinities"),
        (np.array([np.inf], np.float64), "holds NaN or infinities"),
        (np.array([0.1]), "is float64 and holds values that float32 does not"),
        (np.array([1e300]), "is float64 and holds values that float32 does not"),
        (np.array([2**24 + 1]), "is int64 and holds values that float32 does not"),
        (np.array([1j]), "is complex128, not numbers"),
        (np.array(["1"]), "is <U1, not numbers"),
    ],
)
def test_a_value_that_no_weight_can_have_is_told(array, said):
    with pytest.raises(StoreError, match=f"^w.npz: conv1.weight {said}"):
        as_first_weight(array, "conv1.weight", Path("w.npz"))


@pytest.mark.parametrize("kind", ["float16", "float64", "int64"])
def test_what_float32_holds_exactly_is_taken_from_any_type(kind):
    assert as_first_weight(np.array([0, 2, -3], kind), "a", Path()).dtype == np.float32
