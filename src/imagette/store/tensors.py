"""Named arrays as safetensors: no pickle, so that a stranger's file executes nothing.

Format: https://huggingface.co/docs/safetensors/index#format
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from imagette.errors import StoreError
from imagette.plain import short
from imagette.store.json_files import Row

Arrays = Mapping[str, NDArray[Any]]

# The library writes several keys of metadata in an order of its own, new at each start; one key
# keeps equal arrays equal bytes, hence one digest.
_KEY = "imagette"
_LENGTH_BYTES = 8


def tensor_bytes(arrays: Arrays, metadata: Mapping[str, Any]) -> bytes:
    """The file's bytes: equal arrays and metadata (a JSON object) give equal bytes."""
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    text = json.dumps(metadata, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return save(contiguous, metadata={_KEY: text})


def read_tensors(data: bytes, path: Path) -> tuple[dict[str, NDArray[Any]], Row]:
    """The arrays and the metadata in the bytes of `path`.

    Raises StoreError for bytes that are cut, or whose header claims what the file does not hold.
    """
    try:
        arrays = load(data)
        end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")
        header = json.loads(data[_LENGTH_BYTES:end])
        metadata = json.loads(header["__metadata__"][_KEY])
    except (SafetensorError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise StoreError(
            f"{path} is damaged or not a file of imagette ({short(error)}): "
            "copy it again, or use another checkpoint"
        ) from error
    if not isinstance(metadata, dict):
        raise StoreError(f"{path} is damaged in its metadata: copy it again")
    return arrays, metadata
