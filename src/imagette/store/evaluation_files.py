"""The two files of an evaluation: its figures as JSON, and the arrays behind them as NPZ."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.data.readers.npz import array_names, read_arrays
from imagette.errors import DataError, StoreError
from imagette.plain import short
from imagette.store.json_files import Row, read_json, write_json
from imagette.store.tensors import Arrays
from imagette.store.whole import make_folder, telling_of, write_whole


def write_evaluation(folder: Path, split: str, figures: Mapping[str, Any], arrays: Arrays) -> None:
    """Write `<split>.npz` (logits, labels, image digests), then `<split>.json`, each whole."""
    with telling_of(folder):
        make_folder(folder)
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_whole(folder / f"{split}.npz", buffer.getvalue())
    write_json(folder / f"{split}.json", figures)


def read_evaluation(folder: Path, split: str) -> tuple[Row, dict[str, NDArray[Any]]]:
    """The figures and the arrays of a split; raises StoreError if one is missing or damaged."""
    return read_json(folder / f"{split}.json"), _read_arrays(folder / f"{split}.npz")


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        raise StoreError(f"{path} is missing: evaluate the run again")
    try:
        return dict(read_arrays(path, array_names(path)))
    except DataError as error:
        told = short(error.__cause__ or error)
        raise StoreError(f"{path} is damaged ({told}): evaluate the run again") from error
