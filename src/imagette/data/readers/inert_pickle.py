"""Pickles from strangers: plain values and byte arrays, and nothing is ever called for them.

A pickle names functions to be called. Here each of the four names that a NumPy array needs stands
for a class of this file that only keeps what it is given; any other name is refused. So not even
NumPy runs on the stranger's arguments.
"""

import pickle
import pickletools
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from imagette.errors import DataError
from imagette.plain import short

_LARGEST = 64 << 20  # bytes; a batch of CIFAR-10 has 31 MB
_MOST_TUPLES = 20  # such a batch has six; one of itself n times over takes 2^n to hash
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
_MEMOS = {"PUT", "BINPUT", "LONG_BINPUT"}


class _Dtype:
    """Stands for numpy.dtype: remembers its code alone."""

    def __init__(self, code: object, *_: object) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        """The byte order, which bytes do not have."""


class _Array:
    """Stands for numpy.ndarray: remembers shape, dtype and bytes."""

    def __init__(self, *_: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


_STANDS_FOR = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _STANDS_FOR:
            return _STANDS_FOR[module, name]
        raise DataError(f"it asks for {module}.{name}")


def load_inert(path: Path) -> Any:
    """The value in a pickle of plain values and uint8 arrays; DataError for any other."""
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"a pickle of more than {_LARGEST >> 20} MiB")
        data = path.read_bytes()
        _check_appetite(data)
        value = _Unpickler(BytesIO(data), encoding="bytes").load()
    except DataError as error:
        raise DataError(
            f"{str(path)!r} is refused: {short(error)}, and nothing that a pickle names is run. "
            "Use the binary form (cifar-10-batches-bin)."
        ) from None
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise DataError(f"{str(path)!r} is truncated or damaged ({short(error)}).") from error
    if isinstance(value, dict):
        return {key: _array(item, path) for key, item in value.items()}
    return _array(value, path)


def _check_appetite(data: bytes) -> None:
    """Refuse what a few bytes may ask for without naming anything: endless memory, endless time.

    A memo's place is made by its number: one past 2^31 takes 32 GiB to write down a list.
    """
    num_tuples = 0
    for number, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        num_tuples += opcode.name in _TUPLES
        if num_tuples > _MOST_TUPLES:
            raise DataError(f"it holds more than {_MOST_TUPLES} tuples")
        if opcode.name in _MEMOS and isinstance(argument, int) and argument > number:
            raise DataError(f"it asks for {argument:,} places in memory")


def _array(value: Any, path: Path) -> Any:
    if not isinstance(value, _Array):
        return value
    try:
        _, shape, dtype, fortran, data = value.state
        if dtype.code not in (b"u1", "u1") or fortran:
            raise ValueError("not a uint8 array in C order")
        return np.frombuffer(data, np.uint8).reshape(shape)
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{str(path)!r} holds an array that is not uint8 ({error}).") from error
