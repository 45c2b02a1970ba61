"""State dicts of torch without torch's own reader: what it writes comes back, nothing is run."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from imagette.errors import StoreError
from imagette.store.torch_file import LARGEST_PICKLE, MOST_STEPS, is_torch_file, read_state_dict

PATH = Path("weights.pt")


def saved(value: object) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 3))


def test_a_state_dict_comes_back_in_its_order_with_its_values():  # 004-09
    state = network().state_dict()
    data = saved(state)
    read = read_state_dict(data, PATH)
    assert is_torch_file(data)
    assert list(read) == list(state)
    for name, tensor in state.items():
        np.testing.assert_array_equal(read[name], tensor.numpy(), strict=True)


@pytest.mark.parametrize(
    "value",
    [
        {"weight": torch.arange(12.0).reshape(3, 4).T},
        {"weight": torch.arange(12.0)[5:9]},
        {"weight": nn.Parameter(torch.ones(2, 2))},
        {"weight": torch.randn(3, 3).bfloat16()},
        {"weight": torch.randn(3, 3).half()},
        {"weight": torch.arange(3.0), "empty": torch.zeros(0, 3), "count": torch.tensor(7)},
    ],
    ids=["transposed", "a slice", "a parameter", "bfloat16", "half", "others"],
)
def test_every_kind_of_tensor_has_the_values_that_torch_reads(value):
    read = read_state_dict(saved(value), PATH)
    for name, tensor in value.items():
        np.testing.assert_array_equal(read[name], tensor.detach().float().numpy())


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_names_that_fill_several_frames_of_a_pickle_come_back(protocol):
    state = {f"features.{n}.of.a.network.that.has.long.names": torch.ones(1) for n in range(1500)}
    file = io.BytesIO()
    torch.save(state, file, pickle_protocol=protocol)
    assert list(read_state_dict(file.getvalue(), PATH)) == list(state)


def test_a_state_dict_within_a_checkpoint_is_found():
    inner = {"weight": torch.ones(2)}
    read = read_state_dict(saved({"epoch": 3, "model": inner, "args": {"lr": 0.1}}), PATH)
    assert list(read) == ["weight"]


class Evil:
    def __reduce__(self):
        return os.system, ("touch executed",)


def _archive(program: bytes, **entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", program)
        for key, data in entries.items():
            archive.writestr(f"archive/data/{key.removeprefix('_')}", data)
    return file.getvalue()


def _claimed(shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """An honest file of four numbers whose tensor says it has this shape."""
    data = saved({"w": torch.zeros(4)})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        program = archive.read("archive/data.pkl")
        numbers = archive.read("archive/data/0")
    old = b"K\x00K\x04\x85q\x08K\x01\x85q\t"
    assert old in program

    def as_tuple(values: tuple[int, ...]) -> bytes:
        longs = (b"\x8a\x08" + v.to_bytes(8, "little") for v in values)
        return b"(" + b"".join(longs) + b"t"

    return _archive(
        program.replace(old, b"K\x00" + as_tuple(shape) + as_tuple(strides)), _0=numbers
    )


def _tuple_bomb() -> bytes:
    return b"\x80\x02}(" + b"K\x01" + b"q\x00h\x00\x86" * 60 + b"K\x01u."


HOSTILE = {
    "code": (saved({"w": Evil()}), "asks for (posix|nt).system"),
    "code alone": (_archive(pickle.dumps(Evil(), 2)), "asks for (posix|nt).system"),
    "a module": (saved(network()), "asks for"),
    "a list": (saved([torch.ones(2)]), "does not hold one state dict"),
    "no tensors": (saved({"epoch": 1}), "does not hold one state dict"),
    "10^12 numbers": (_claimed((10**12,), (1,)), "a tensor"),
    "one number 10^12 times": (_claimed((10**12,), (0,)), "a tensor"),
    "keys that take 2^60 to hash": (_archive(_tuple_bomb()), "keys are no texts"),
    "a long pickle": (_archive(b"N" * (LARGEST_PICKLE + 1)), "more than 1 MiB"),
    "a pickle of many steps": (_archive(b"N" * (MOST_STEPS + 1)), "more than 131,072 steps"),
    "an empty pickle": (_archive(b"."), "damaged"),
    "too many pops": (_archive(b"\x80\x02\x87."), "damaged"),
    "a memo that is not there": (_archive(b"\x80\x02h\x07."), "damaged"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_one_line_and_nothing_runs(kind, tmp_path, monkeypatch):  # 004-T3
    monkeypatch.chdir(tmp_path)
    data, said = HOSTILE[kind]
    with pytest.raises(StoreError, match=said) as caught:
        read_state_dict(data, PATH)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert list(tmp_path.iterdir()) == []


def test_a_cut_file_is_refused_wherever_it_is_cut():  # 004-31
    data = saved(network().state_dict())
    for length in range(0, len(data), 97):
        with pytest.raises(StoreError, match=r"^weights\.pt is damaged"):
            read_state_dict(data[:length], PATH)
