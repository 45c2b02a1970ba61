"""Checkpoints, their safetensors, and the arrays behind an evaluation."""

import json
import struct
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from benchmarks.fuzz.files import Content, Files
from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.kinds.arrays import spoilt_zip
from benchmarks.fuzz.mutations import EXTREMES, json_tree, mutated

from imagette.store.checkpoint import ModelCard, read_checkpoint, write_checkpoint
from imagette.store.evaluation_files import read_evaluation, write_evaluation

CARD = ModelCard(
    ("T-shirt", "café"),
    {"channels_mean": [0.5], "deviation": [0.25]},
    (1, 4, 5),
    "flatten\nlinear classes\n",
)
META = "meta.json"
WHOLE: dict[str, Any] = {}
"""The weights that were saved."""


def make_checkpoint(folder: Path) -> None:
    rng = np.random.default_rng(1)
    weights = {
        "linear1.weight": rng.normal(size=(2, 20)).astype(np.float32),
        "linear1.bias": np.ones(2, np.float32),
    }
    state = {"opt.momentum.linear1.bias": np.full(2, 3.0, np.float32)}
    WHOLE.update(weights)
    write_checkpoint(folder / "7", 7, weights, state, CARD, {"epoch": 1, "tally": {}})


def read_saved(folder: Path) -> Any:
    return read_checkpoint(folder / "7")


def is_what_was_saved(value: Any, _folder: Path) -> bool:
    return value.weights.keys() == WHOLE.keys() and all(
        np.array_equal(value.weights[name], array) for name, array in WHOLE.items()
    )


def are_weights(value: Any, _folder: Path) -> bool:
    """With digests made again nobody can know what was saved; it must still be weights."""
    return value.step >= 0 and all(array.dtype == np.float32 for array in value.weights.values())


def spoilt_checkpoint(rng: Random, files: Files) -> Files:
    """One of its two files changed, and its digest made again: a stranger can do that."""
    changed: dict[str, Content] = dict(files)
    places = sorted(name for name in files if name.endswith(".safetensors"))
    place = rng.choice(places)
    data = files[place]
    assert isinstance(data, bytes)
    changed[place] = rng.choice((other_header, _other_metadata, mutated))(rng, data)
    return _redigested(rng, changed)


def _redigested(rng: Random, files: Files) -> Files:
    changed = dict(files)
    (place,) = (name for name in files if name.endswith(META))
    content = files[place]
    assert isinstance(content, bytes)
    meta = json.loads(content)
    for name in files:
        data = files[name]
        if name.endswith(".safetensors") and isinstance(data, bytes):
            meta["digests"][name.rpartition("/")[2]] = sha256(data).hexdigest()
    changed[place] = json.dumps(meta).encode()
    return {**changed, place: json_tree(rng, changed[place])} if rng.random() < 0.1 else changed


def _parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def _joined(header: bytes, rest: bytes, size: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if size is None else size % 2**64) + header + rest


def other_header(rng: Random, data: bytes) -> bytes:
    """Lengths, types, shapes and places that do not hold."""
    header, rest = _parts(data)
    name = rng.choice([name for name in header if name != "__metadata__"])
    one = header[name]
    number = rng.choice(EXTREMES)
    match rng.randrange(8):
        case 0:
            return _joined(json.dumps(header).encode(), rest, number)
        case 1:
            one["data_offsets"][rng.randrange(2)] = number
        case 2:
            one["shape"] = rng.choice(([number], [number, number], [], [0], [1] * 70, [-1], None))
        case 3:
            one["dtype"] = rng.choice(
                ("F64", "F16", "BF16", "I8", "BOOL", "F8_E4M3", "U64", "x", 3)
            )
        case 4:
            header[rng.choice(("", "a" * 5000, "\x1b[2J", "opt.x", "../x", name.upper()))] = (
                header.pop(name)
            )
        case 5:
            header |= {
                f"x{index}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
                for index in range(500)
            }
        case 6:
            values = np.frombuffer(rest, np.float32).copy()
            values[rng.randrange(len(values))] = rng.choice((np.nan, np.inf, -np.inf, 3e38))
            rest = values.tobytes()
        case 7:
            return _joined(b"[" * rng.choice((100, 100_000)), rest)
    return _joined(json.dumps(header).encode(), rest)


def _other_metadata(rng: Random, data: bytes) -> bytes:
    """Another card: classes, sizes, network, mean and deviation that no run has."""
    header, rest = _parts(data)
    kept = header["__metadata__"]
    told = json_tree(rng, kept["imagette"].encode()).decode()
    card = json.loads(kept["imagette"])
    match rng.randrange(4):
        case 0:
            card["network"] = rng.choice(
                ("", "relu\n" * 3000, "residual {" * 900, "linear 99999999", "conv 9 3x3", "x")
            )
            told = json.dumps(card)
        case 1:
            card["input_shape"] = rng.choice(
                ([1, 10**6, 10**6], [0, 0, 0], [1], [1, 4.0, 5], ["a"], [-1, 4, 5])
            )
            told = json.dumps(card)
        case 2:
            card["preprocess"] = rng.choice(
                (
                    {},
                    [],
                    {"channels_mean": [0.5], "deviation": [0]},
                    {"channels_mean": ["a"], "deviation": [1]},
                    {"channels_mean": [1, 2], "deviation": [1]},
                )
            )
            told = json.dumps(card)
    kept["imagette"] = told
    return _joined(json.dumps(header).encode(), rest)


def make_evaluation(folder: Path) -> None:
    arrays = {
        "logits": np.eye(4, 2),
        "labels": np.zeros(4, np.int32),
        "image_digests": np.zeros((4, 32), np.uint8),
    }
    write_evaluation(folder, "validation", {"accuracy": 0.5}, arrays)


KINDS = (
    Kind("checkpoint", make_checkpoint, read_saved, is_what_was_saved),
    Kind(
        "safetensors",
        lambda folder: make_checkpoint(folder),
        read_saved,
        are_weights,
        (*(spoilt_checkpoint,) * 5,),
    ),
    Kind(
        "evaluation",
        make_evaluation,
        lambda folder: read_evaluation(folder, "validation"),
        lambda value, _: isinstance(value[0], dict),
        (spoilt_zip,),
    ),
)
