"""Weights of any program, as `--from FILE` takes them: what torch.save writes, safetensors, npz."""

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from benchmarks.fuzz.files import Files
from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.kinds import pickles
from benchmarks.fuzz.kinds.arrays import spoilt_zip
from benchmarks.fuzz.kinds.weights import other_header
from benchmarks.fuzz.mutations import EXTREMES
from safetensors.numpy import save

from imagette.network import parse, walk
from imagette.run.origin import Origin, read_origin

GRAPH = walk(parse("flatten\nlinear classes\n"), (1, 4, 5), 2)
ARRAYS = {
    weight.name: np.random.default_rng(1).normal(size=weight.shape).astype(np.float32)
    for weight in GRAPH.weights
}
TORCH, TENSORS, ARCHIVE = "weights.pt", "weights.safetensors", "weights.npz"


def pickled(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The program that torch.save writes for a state dict, opcode by opcode."""
    tensors = b"".join(
        _text(name) + _tensor(str(number), array)
        for number, (name, array) in enumerate(arrays.items())
    )
    return b"\x80\x02" + _ORDERED + b"(" + tensors + b"u."


_ORDERED = b"ccollections\nOrderedDict\n)R"


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


def _tensor(key: str, array: np.ndarray) -> bytes:
    storage = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text(key) + _text("cpu")
    strides = tuple(stride // array.itemsize for stride in array.strides)
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + (storage + _number(array.size) + b"tQ" + _number(0))
        + (_numbers(array.shape) + _numbers(strides) + b"\x89" + _ORDERED + b"tR")
    )


def _number(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


def _numbers(numbers: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(_number, numbers)) + b"t"


def torch_zip(program: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("weights/data.pkl", program)
        archive.writestr("weights/byteorder", b"little")
        for number, array in enumerate(ARRAYS.values()):
            archive.writestr(f"weights/data/{number}", array.tobytes())
        archive.writestr("weights/version", b"3\n")
    return made.getvalue()


def spoilt_program(rng: Random, files: Files) -> Files:
    """Another program in a good archive: it asks for code, for memory, or for other tensors."""
    good = pickled(ARRAYS)
    match rng.randrange(3):
        case 0:
            made = pickles.hostile(rng)
        case 1:
            at = rng.randrange(2, len(good))
            made = good[:at] + rng.choice((*pickles.CODE, *pickles.MEMORY)) + good[at:]
        case _:
            places = [at for at in range(len(good) - 5) if good[at : at + 1] == b"J"]
            at = rng.choice(places)
            number = rng.choice(EXTREMES) % 2**32
            made = good[: at + 1] + struct.pack("<I", number) + good[at + 5 :]
    return {**files, TORCH: torch_zip(made)}


def spoilt_header(rng: Random, files: Files) -> Files:
    return {**files, TENSORS: other_header(rng, save(ARRAYS))}


def archive_bytes() -> bytes:
    made = io.BytesIO()
    np.savez(made, **ARRAYS)
    return made.getvalue()


def _kind(name: str, file: str, made: bytes, spoil: Any) -> Kind:
    def make(folder: Path) -> None:
        (folder / file).write_bytes(made)

    def read(folder: Path) -> Any:
        return read_origin(Origin(folder / file)).weights(GRAPH)

    return Kind(name, make, read, _is_fit, (spoil,), names=file)


def _is_fit(value: Any, _folder: Path) -> bool:
    """Nobody can know what a changed file meant; it must be what the network can begin with."""
    return value.keys() == ARRAYS.keys() and all(
        array.dtype == np.float32 and array.shape == ARRAYS[name].shape and np.isfinite(array).all()
        for name, array in value.items()
    )


KINDS = (
    _kind("from-torch", TORCH, torch_zip(pickled(ARRAYS)), spoilt_program),
    _kind("from-safetensors", TENSORS, save(ARRAYS), spoilt_header),
    _kind("from-npz", ARCHIVE, archive_bytes(), spoilt_zip),
)
