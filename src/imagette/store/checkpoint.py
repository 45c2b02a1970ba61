"""One checkpoint: a folder of weights, optimiser state and position, whole and with digests."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from imagette.arrays import Weights
from imagette.data.classes import check_names
from imagette.errors import DataError, StoreError
from imagette.store.damage import NUMBER, TEXT, WHOLE, Kind, checked
from imagette.store.json_files import Row, json_bytes, read_json
from imagette.store.tensors import Arrays, read_tensors, tensor_bytes
from imagette.store.whole import read_whole, write_whole_folder

FORMAT = 1
WEIGHTS = "weights.safetensors"
STATE = "state.safetensors"
META = "meta.json"
LEFT_OUT = "left_out"
"""The key of `meta.json` that names files which a published checkpoint does without."""

_DIGESTS = Kind(
    "a digest of each file",
    lambda value: isinstance(value, dict) and {WEIGHTS, STATE} <= value.keys(),
)


_NAMES = Kind(
    "a list of class names",
    lambda value: isinstance(value, list) and len(value) > 0 and all(map(TEXT.holds, value)),
)
_SHAPE = Kind(
    "[channels, height, width]",
    lambda value: (
        isinstance(value, list)
        and len(value) == 3
        and all(WHOLE.holds(size) and size for size in value)
    ),
)
_CHANNELS = Kind(
    "a mean and a deviation for each channel",
    lambda value: (
        isinstance(value, dict)
        and value.keys() == {"channels_mean", "deviation"}
        and all(isinstance(row, list) and all(map(NUMBER.holds, row)) for row in value.values())
        and len(value["channels_mean"]) == len(value["deviation"]) > 0
        and all(value["deviation"])
    ),
)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a stranger needs beside the weights to use them; it travels in their file."""

    class_names: tuple[str, ...]
    preprocess: Mapping[str, Any]  # Preprocess.as_json()
    input_shape: tuple[int, ...]  # (C, H, W)
    network: str  # in the network language


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """A checkpoint read back and verified."""

    step: int
    weights: Weights  # what evaluation and export read: the averages, where there are any
    state: Arrays  # opt.<slot>.<path>.<name>, and the moving weights under averaging
    meta: Row
    card: ModelCard
    folder: Path

    @property
    def weights_digest(self) -> str:
        """The sha256 of the weights' file, in hexadecimal."""
        return str(self.meta["digests"][WEIGHTS])

    @property
    def has_state(self) -> bool:
        """Whether the run can go on from here: a published checkpoint may hold weights alone."""
        return _has_state(self.meta)


def write_checkpoint(
    folder: Path, step: int, weights: Weights, state: Arrays, card: ModelCard, meta: Row
) -> str:
    """Write `folder` whole and return the digest of its weights; `meta` holds epoch and position.

    The same checkpoint, when it is there already and good, stays untouched; another one goes once
    this one is written.
    """
    files = checkpoint_files(step, weights, state, card, meta)
    digests = digests_of(files)
    if folder.exists():
        with suppress(StoreError):
            if read_checkpoint(folder).meta["digests"] == digests:
                return digests[WEIGHTS]
    write_whole_folder(folder, files, replace=True)
    return digests[WEIGHTS]


def checkpoint_files(
    step: int, weights: Weights, state: Arrays, card: ModelCard, meta: Row
) -> dict[str, bytes]:
    """The files of a checkpoint, by name; the digests of two of them are in the third."""
    files = {
        WEIGHTS: tensor_bytes(weights, {"format": FORMAT, **asdict(card)}),
        STATE: tensor_bytes(state, {"format": FORMAT}),
    }
    about = {**meta, "format": FORMAT, "step": step, "digests": digests_of(files)}
    return {**files, META: json_bytes(about)}


def digests_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The sha256, in hexadecimal, of the files that hold tensors."""
    return {name: sha256(files[name]).hexdigest() for name in (WEIGHTS, STATE)}


def without_state(folder: Path) -> dict[str, bytes]:
    """The files of a checkpoint for who wants its weights alone; its meta says what was left out.

    The digest of the state stays, so that a training made again can be compared with it.
    """
    meta = {**read_meta(folder), LEFT_OUT: [STATE]}
    return {WEIGHTS: _verified(folder / WEIGHTS, meta), META: json_bytes(meta)}


def read_checkpoint(folder: Path) -> Saved:
    """Read and verify; raises StoreError for anything missing, changed or from the future.

    The state is empty where the checkpoint says that it was left out.
    """
    if not folder.is_dir():
        raise StoreError(f"checkpoint {folder} is missing: choose another step, or train again")
    meta = read_meta(folder)
    weights, about = read_tensors(_verified(folder / WEIGHTS, meta), folder / WEIGHTS)
    state: Arrays = {}
    if _has_state(meta):
        state, _ = read_tensors(_verified(folder / STATE, meta), folder / STATE)
    wrong = [name for name, array in weights.items() if array.dtype != np.float32]
    if wrong:
        raise StoreError(f"{folder / WEIGHTS} holds weights that are not float32: {wrong[0]}")
    return Saved(meta["step"], weights, state, meta, _card(about, folder / WEIGHTS), folder)


def read_meta(folder: Path) -> Row:
    """The meta.json of a checkpoint, its format checked."""
    path = folder / META
    meta = read_json(path)
    check_format(meta, path)
    return checked(meta, path, {"step": WHOLE, "digests": _DIGESTS})


def _has_state(meta: Row) -> bool:
    return bool(meta.get(LEFT_OUT) != [STATE])


def check_format(value: Row, path: Path, newest: int = FORMAT) -> None:
    """Accept the newest format and every earlier one; raises StoreError for another."""
    found = value.get("format")
    if not isinstance(found, int) or found < 1:
        raise StoreError(f"{path} is damaged, it names no format: copy it again")
    if found > newest:
        raise StoreError(
            f"{path} has format {found}, newer than {newest}, the newest known here: "
            "update imagette"
        )


def _verified(path: Path, meta: Row) -> bytes:
    try:
        data = read_whole(path)
    except FileNotFoundError as error:
        raise StoreError(f"{path} is missing: copy the checkpoint again, or use another") from error
    if sha256(data).hexdigest() != meta["digests"].get(path.name):
        raise StoreError(
            f"{path} is not the file that was saved (sha256 differs): "
            "copy the checkpoint again, or use another"
        )
    return data


def _card(about: Row, path: Path) -> ModelCard:
    """What the file says of itself; a stranger may have written it."""
    check_format(about, path)
    checked(
        about,
        path,
        {"class_names": _NAMES, "preprocess": _CHANNELS, "input_shape": _SHAPE, "network": TEXT},
    )
    try:
        check_names(about["class_names"], str(path))
    except DataError as error:
        raise StoreError(f"{path} is damaged: {error}") from error
    return ModelCard(
        tuple(about["class_names"]),
        about["preprocess"],
        tuple(about["input_shape"]),
        about["network"],
    )
