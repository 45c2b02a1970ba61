import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imagette.errors import StoreError
from imagette.store.tensors import read_tensors, tensor_bytes

ARRAYS = {
    "conv1.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2).transpose(0, 2, 3, 1),
    "opt.step": np.array(7, np.int64),
    "empty": np.zeros((0, 3), np.float32),
}
PATH = Path("weights.safetensors")


def test_arrays_come_back_as_they_were() -> None:  # 002-10
    arrays, metadata = read_tensors(tensor_bytes(ARRAYS, {"classes": ["a", "é"]}), PATH)
    assert metadata == {"classes": ["a", "é"]}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array, strict=True)


def test_equal_arrays_give_equal_bytes_in_every_process() -> None:  # 000-14
    script = (
        "import numpy, sys; from imagette.store.tensors import tensor_bytes;"
        "sys.stdout.buffer.write(tensor_bytes({'b': numpy.ones(3), 'a': numpy.ones(2)},"
        " {str(key): key for key in range(9)}))"
    )
    command = [sys.executable, "-c", script]
    made = {subprocess.run(command, capture_output=True, check=True).stdout for _ in range(3)}
    assert len(made) == 1


def test_a_cut_file_is_refused_wherever_it_is_cut() -> None:  # 004-31
    data = tensor_bytes(ARRAYS, {"format": 1})
    for length in range(len(data)):
        with pytest.raises(StoreError, match=r"weights\.safetensors is damaged"):
            read_tensors(data[:length], PATH)


def header(text: str) -> bytes:
    return len(text).to_bytes(8, "little") + text.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 8,  # a header of 2^64 bytes
        header('{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'),
        header('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'),
        header('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),  # another program's
        header('{"__metadata__":{"imagette":"[1]"}}'),
        header('{"__metadata__":{"imagette":"{"}}'),
        header("[" * 50_000),
        b"\x80\x04\x95" + b"cos\nsystem\n(S'false'\ntR." * 3,  # a pickle
    ],
)
def test_a_hostile_file_is_refused_in_one_line(data: bytes) -> None:  # 000-T5
    with pytest.raises(StoreError, match=r"^weights\.safetensors is damaged[^\n]*: copy it again"):
        read_tensors(data, PATH)
