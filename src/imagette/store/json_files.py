"""JSON objects as files: one object a file, written whole."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagette.errors import StoreError
from imagette.store.whole import read_whole, write_whole

Row = dict[str, Any]
"""A JSON object."""


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """The object as a readable file; the order of its keys is kept."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return written(f"{text}\n")


def written(text: str) -> bytes:
    r"""The text as UTF-8; what no UTF-8 can hold, such as parts of a file's name, as JSON's escape.

    >>> json.loads(written('"\udcc3"')) == "\udcc3"
    True
    """
    return text.encode(errors="backslashreplace")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_whole(path, json_bytes(value))


def refuse_constant(name: str) -> None:
    """Of Python's JSON alone: NaN and the infinities, which none of our files holds."""
    raise ValueError(f"{name} is no JSON")


def read_json(path: Path) -> Row:
    """The object in the file; raises StoreError if it is missing or holds anything else."""
    try:
        value = json.loads(read_whole(path), parse_constant=refuse_constant)
    except FileNotFoundError as error:
        raise StoreError(f"{path} is missing: copy the run again, or make it anew") from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is damaged, not JSON: copy it again from the source") from error
    if not isinstance(value, dict):
        raise StoreError(f"{path} is damaged, not a JSON object: copy it again from the source")
    return value
