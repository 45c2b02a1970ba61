"""Weights of any program, as first weights: a state dict of torch, safetensors, or NumPy's npz.

What a file is, its first bytes say, not its name. Nothing in it is run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from imagette.data.readers.npz import array_names, read_arrays
from imagette.errors import DataError, StoreError
from imagette.plain import is_plain, short
from imagette.store.torch_file import is_torch_file, read_state_dict
from imagette.store.whole import read_whole

LONGEST_NAME = 300
FORMS = "a torch state dict (.pt, .pth), safetensors or .npz"


@dataclass(frozen=True, slots=True, eq=False)
class WeightsFile:
    """Arrays by the names that their program gave them, as they are in the file."""

    path: Path
    arrays: Mapping[str, NDArray[Any]]
    digest: str  # sha256 of the file, in hexadecimal
    ordered: bool  # whether the file keeps the order of its network


def read_weights_file(path: Path) -> WeightsFile:
    """Raises StoreError for a file that is missing, damaged, of another form, or runs code."""
    found = _read(path)
    unfit = next((name for name in found.arrays if not _is_name(name)), None)
    if unfit is not None:
        raise StoreError(
            f"{path} holds a tensor called {short(repr(unfit), 60)}, which no line can show: "
            "save it under a plain name"
        )
    return found


def _is_name(name: str) -> bool:
    return is_plain(name) and len(name) <= LONGEST_NAME


def _read(path: Path) -> WeightsFile:
    try:
        data = read_whole(path)
    except FileNotFoundError:
        raise StoreError(f"{path} is not there: name {FORMS}, or a run") from None
    digest = sha256(data).hexdigest()
    if is_torch_file(data):
        return WeightsFile(path, read_state_dict(data, path), digest, ordered=True)
    if data[:2] == b"PK":
        return WeightsFile(path, _read_npz(path), digest, ordered=True)
    if data[8:9] == b"{":
        return WeightsFile(path, _read_safetensors(data, path), digest, ordered=False)
    remedy = "save it again with torch.save of today" if data[:1] == b"\x80" else "save it again"
    raise StoreError(f"{path} is not {FORMS}: {remedy}")


def as_first_weight(array: NDArray[Any], name: str, path: Path) -> NDArray[np.float32]:
    """The same values in float32; StoreError for what float32 does not hold, NaN and infinities."""
    if array.dtype.kind not in "fiub":
        raise StoreError(f"{path}: {name} is {array.dtype}, not numbers: save it as float32")
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.array(array, np.float32, order="C")
        exact = np.array_equal(values.astype(array.dtype), array, equal_nan=array.dtype.kind == "f")
    if not exact:
        raise StoreError(
            f"{path}: {name} is {array.dtype} and holds values that float32 does not: save it as "
            "float32 (array.astype('float32'), or network.float() in torch)"
        )
    if not np.isfinite(values).all():
        raise StoreError(f"{path}: {name} holds NaN or infinities: take weights of an earlier step")
    return values


def _read_safetensors(data: bytes, path: Path) -> dict[str, NDArray[Any]]:
    try:
        return load(data)
    except (SafetensorError, KeyError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise StoreError(
            f"{path} is damaged, or holds what NumPy has no type for ({short(error)}): save it "
            "again, as float32"
        ) from error


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        names = array_names(path)
        arrays = read_arrays(path, names)
    except DataError as error:
        raise StoreError(f"{error} Save it again, with numpy.savez.") from error
    return {name: arrays[name] for name in names}
