"""A compressed stream that stops unfolding, and making room, at a limit."""

import gzip
import io
import lzma
from collections.abc import Iterator
from typing import IO, Literal

from imagette.errors import DataError

Compression = Literal["gz", "xz"]

_BLOCK = 64 << 10
_XZ_MEMORY = 128 << 20  # bytes for its dictionary; the highest preset takes 65 MiB


class Inflated(io.RawIOBase):
    """The content of a gzip or xz stream, called `name` in messages, as a file to read from.

    Reading beyond `most` bytes raises DataError: all of it counts, wanted or not.
    """

    def __init__(self, file: IO[bytes], compression: Compression, name: str, most: int) -> None:
        self._name, self.most, self._left = name, most, most
        self._blocks = _from_gzip(file) if compression == "gz" else _from_xz(file)
        self._block = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, and at least one unless it is the end."""
        while not self._block:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._block = block
        given = self._block if size < 0 else self._block[:size]
        self._block = self._block[len(given) :]
        self._left -= len(given)
        if self._left < 0:
            raise DataError(
                f"{self._name!r} unpacks to more than {self.most:,} bytes, the most of a file of "
                "its size: refused."
            )
        return given


def _from_gzip(file: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as inner:
        while block := inner.read(_BLOCK):
            yield block


def _from_xz(file: IO[bytes]) -> Iterator[bytes]:
    inner = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    while not inner.eof:
        data = file.read(_BLOCK) if inner.needs_input else b""
        if inner.needs_input and not data:
            raise EOFError("it ends too early")
        yield inner.decompress(data, _BLOCK)
