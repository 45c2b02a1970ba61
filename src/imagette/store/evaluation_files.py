"""The two files of an evaluation: its figures as JSON, and the arrays behind them as NPZ."""

import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagette.errors import StoreError
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
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError as error:
        raise StoreError(f"{path} is missing: evaluate the run again") from error
    except (OSError, ValueError, TypeError, EOFError, MemoryError, SyntaxError) as error:
        raise StoreError(f"{path} is damaged ({error}): evaluate the run again") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise StoreError(f"{path} is damaged ({error}): evaluate the run again") from error
