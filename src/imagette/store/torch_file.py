"""What `torch.save` writes, read without torch, and without running anything that it names.

The file is a zip archive: a pickle that says which tensors there are, and their bytes beside it. A
pickle is a program for a machine with a stack. The machine here knows only what a state dict needs:
texts, numbers, dictionaries with texts as keys, and three names of torch, which stand for arrays.
Format: https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

import pickletools
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.data.readers.npz import DAMAGE
from imagette.errors import StoreError
from imagette.plain import short

Array = NDArray[Any]

LARGEST_PICKLE = 1 << 20
"""Bytes of what names the tensors: some thousands of them."""

MOST_STEPS = 1 << 17
"""Of a pickle's program: torch takes some forty for each tensor."""

_FLOATS = {"Float": "<f4", "Double": "<f8", "Half": "<f2", "BFloat16": "bfloat16"}
_WHOLE = {"Long": "<i8", "Int": "<i4", "Short": "<i2", "Char": "i1", "Byte": "u1", "Bool": "?"}
_PLAIN = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_SILENT = {"PROTO", "FRAME", "STOP"}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _RefusedError(Exception):
    """What a state dict does not need."""


class _Name(str):
    """A function or class by its module and name; never looked up."""


_MARK = object()


def is_torch_file(data: bytes) -> bool:
    """Whether it is an archive with a pickle in it, as `torch.save` writes."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    except DAMAGE:
        return False


def read_state_dict(data: bytes, path: Path) -> dict[str, Array]:
    """Every tensor of a state dict by name, in its order, as views of `data`.

    The state dict may stand alone, or as one value among others of a dictionary ("model"). Raises
    StoreError for a file that is damaged, holds a whole module, or names code.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            value = _Machine(_Storages(archive, len(data))).run(_pickle(archive))
        return _tensors(value)
    except _RefusedError as error:
        raise StoreError(
            f"{path} is refused: {error}; nothing that a pickle names is run. Save the weights "
            "alone: torch.save(network.state_dict(), FILE)"
        ) from None
    except (*DAMAGE, IndexError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} is damaged or not a state dict of torch ({short(error)}): save it again"
        ) from error


def _pickle(archive: zipfile.ZipFile) -> bytes:
    entry = next(e for e in archive.infolist() if e.filename.endswith("/data.pkl"))
    if entry.file_size > LARGEST_PICKLE:
        raise _RefusedError(f"its pickle is of more than {LARGEST_PICKLE >> 20} MiB")
    return archive.read(entry)


def _tensors(value: object) -> dict[str, Array]:
    """The state dict in what a file holds: the value itself, or the one among its values."""
    if isinstance(value, dict):
        inner = [one for one in value.values() if isinstance(one, dict) and _all_tensors(one)]
        for found in (value, inner[0] if len(inner) == 1 else None):
            if found and _all_tensors(found):
                return found
    raise _RefusedError("it does not hold one state dict, which is a dictionary of tensors alone")


def _all_tensors(value: Mapping[str, object]) -> bool:
    return bool(value) and all(isinstance(one, np.ndarray) for one in value.values())


class _Storages:
    """The bytes of tensors in an archive, by the keys that a pickle gives."""

    def __init__(self, archive: zipfile.ZipFile, size_bytes: int) -> None:
        self._archive, self._left = archive, size_bytes
        self._root = archive.namelist()[0].partition("/")[0]
        self._read: dict[str, Array] = {}
        if f"{self._root}/byteorder" in archive.namelist():
            with archive.open(f"{self._root}/byteorder") as file:
                if file.read(8) != b"little":
                    raise _RefusedError("its numbers are not little-endian")

    def array(self, kind: str, key: str, num: int) -> Array:
        if key not in self._read:
            self._read[key] = self._fetched(kind, key)
        found = self._read[key]
        if len(found) < num:
            raise ValueError(f"storage {key} claims {num:,} numbers, and {len(found):,} are there")
        return found

    def _fetched(self, kind: str, key: str) -> Array:
        entry = self._archive.getinfo(f"{self._root}/data/{key}")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise _RefusedError("its tensors are compressed, which torch never does")
        self._left -= entry.file_size
        if self._left < 0:
            raise ValueError("its tensors claim more bytes than the file has")
        code = (_FLOATS | _WHOLE)[kind.removesuffix("Storage")]
        raw = self._archive.read(entry)
        if code == "bfloat16":  # the upper half of a float32, exactly
            return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
        return np.frombuffer(raw, code)


class _Machine:
    """Runs a pickle's program as far as a state dict needs it."""

    def __init__(self, storages: _Storages) -> None:
        self._storages = storages
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, program: bytes) -> Any:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(program)):
            if number >= MOST_STEPS:
                raise _RefusedError(f"its pickle takes more than {MOST_STEPS:,} steps")
            self._step(opcode.name, argument)
        return self._stack.pop()

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _SILENT:  # first: some have a number, which is no value
            return
        if name in _STEPS:
            _STEPS[name](self, argument)
        elif name in _TUPLES:
            stack.append(tuple(self._popped(_TUPLES[name])))
        elif name in _PLAIN:
            stack.append(_PLAIN[name])
        elif isinstance(argument, str | int | float) and "GET" not in name and "PUT" not in name:
            stack.append(argument)
        else:
            raise _RefusedError(f"it asks for {name}")

    def mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def to_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
        found = self._stack[place + 1 :]
        del self._stack[place:]
        return found

    def _popped(self, count: int) -> list[Any]:
        if count > len(self._stack):
            raise IndexError("a pickle that takes more than it has")
        found = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        return found

    def put(self, number: int | None) -> None:
        self._memo[len(self._memo) if number is None else int(number)] = self._stack[-1]

    def get(self, number: int) -> None:
        self._stack.append(self._memo[int(number)])

    def name(self, said: str | None) -> None:
        words = self._popped(2) if said is None else said.split(" ")
        self._stack.append(_Name(".".join(words)))

    def items(self, pairs: list[Any]) -> None:
        target = self._stack[-1]
        keys, values = pairs[::2], pairs[1::2]
        if not isinstance(target, dict) or not all(isinstance(key, str) for key in keys):
            raise _RefusedError("it holds a dictionary whose keys are no texts")
        target.update(zip(keys, values, strict=True))

    def extend(self, values: list[Any]) -> None:
        if not isinstance(self._stack[-1], list):
            raise TypeError("what is no list is extended")
        self._stack[-1].extend(values)

    def storage(self, _: Any) -> None:
        said = self._stack.pop()
        what, kind, key, _place, num = said
        if what != "storage" or not isinstance(kind, _Name) or not isinstance(key, str):
            raise _RefusedError("it names a storage of another kind")
        self._stack.append(self._storages.array(kind.removeprefix("torch."), key, num))

    def reduce(self, _: Any) -> None:
        function, arguments = self._popped(2)
        if not isinstance(function, _Name) or function not in _CALLS:
            raise _RefusedError(f"it asks for {_said(function)}")
        self._stack.append(_CALLS[function](*arguments))

    def build(self, _: Any) -> None:
        """State of an ordered dictionary, such as the versions of its modules: not needed."""
        self._stack.pop()
        if not isinstance(self._stack[-1], dict):
            raise _RefusedError("it fills in an object")

    def one_item(self, _: Any) -> None:
        self.items(self._popped(2))

    def one_value(self, _: Any) -> None:
        self.extend(self._popped(1))


def _said(function: object) -> str:
    """A name, and of nothing else its text: that of tuples in tuples may be endless."""
    return short(function, 60) if isinstance(function, _Name) else "a call"


def _tensor(
    storage: Array, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> Array:
    """A view of its storage; a few numbers repeated as a large tensor are refused."""
    if not all(type(number) is int for number in (offset, *shape, *strides)):
        raise TypeError("a tensor whose sizes are no whole numbers")
    if len(shape) != len(strides) or min((offset, *shape, *strides), default=0) < 0:
        raise ValueError("a tensor of impossible sizes")
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if prod(shape) and (last >= len(storage) or prod(shape) > len(storage)):
        raise ValueError(f"a tensor {list(shape)} of {len(storage):,} numbers")
    step = storage.itemsize
    return np.lib.stride_tricks.as_strided(
        storage[offset:], shape, [n * step for n in strides], writeable=False
    )


def _ordered_dict() -> dict[str, Any]:
    """Empty: torch fills it afterwards, and whatever is hashed here has been checked by then."""
    return {}


_CALLS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered_dict,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
}

_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine.mark,
    "TUPLE": lambda machine, _: machine._stack.append(tuple(machine.to_mark())),
    "EMPTY_DICT": lambda machine, _: machine._stack.append({}),
    "EMPTY_LIST": lambda machine, _: machine._stack.append([]),
    "SETITEM": _Machine.one_item,
    "SETITEMS": lambda machine, _: machine.items(machine.to_mark()),
    "APPEND": _Machine.one_value,
    "APPENDS": lambda machine, _: machine.extend(machine.to_mark()),
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _Machine.name,
    "BINPERSID": _Machine.storage,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
}
