"""One array in NumPy's own format, believed only as far as its bytes go.

NumPy makes room for what a header claims before it reads; here the claim is held against the size
first. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import tokenize
from math import prod
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from imagette.data.scratch import room

_BLOCK = 16 << 20
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npy(file: IO[bytes], size_bytes: int) -> NDArray[Any]:
    """The array in `file`, of which there are `size_bytes` with its header.

    Raises ValueError for a header that cannot be read, that claims more than there is, or that
    asks for objects, records or another version.

    >>> from io import BytesIO
    >>> made = BytesIO()
    >>> np.save(made, np.arange(3))
    >>> read_npy(BytesIO(made.getvalue()), len(made.getvalue()))
    array([0, 1, 2])
    """
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of the format")
    try:
        shape, is_fortran, dtype = _HEADERS[version](file)
    except (SyntaxError, TypeError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise ValueError(f"its header cannot be read: {type(error).__name__}") from error
    if dtype.hasobject or dtype.names or dtype.subdtype or not dtype.itemsize:
        raise ValueError("it holds objects or records")
    if min(shape, default=0) < 0:
        raise ValueError(f"its header claims the shape {list(shape)}")
    num_bytes = prod(shape) * dtype.itemsize
    if num_bytes > size_bytes:
        raise ValueError(f"its header claims {num_bytes:,} bytes, and {size_bytes:,} are there")
    array = _filled(file, num_bytes).view(dtype)
    return array.reshape(shape[::-1]).T if is_fortran else array.reshape(shape)


def _filled(file: IO[bytes], num_bytes: int) -> NDArray[np.uint8]:
    data = room((num_bytes,))
    for start in range(0, num_bytes, _BLOCK):
        block = file.read(min(_BLOCK, num_bytes - start))
        if len(block) < min(_BLOCK, num_bytes - start):
            raise ValueError(f"{start + len(block):,} bytes of {num_bytes:,} are there")
        data[start : start + len(block)] = np.frombuffer(block, np.uint8)
    return data
