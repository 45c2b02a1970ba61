"""Unpacking what comes from elsewhere: plain files only, inside the folder, within a size."""

import io
import lzma
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from imagette.errors import DataError

_LARGEST = 1 << 30  # bytes that one archive may unpack to; the largest we know holds 180 MB
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60


def unpack_tar(archive: Path, into: Path, wanted: Callable[[str], bool] = lambda _: True) -> None:
    """Unpack the wanted plain files of a .tar.gz or .tgz below `into`; nothing is run.

    Raises DataError where a member leaves the folder, or the whole is too large or damaged.
    """
    with archive.open("rb") as file:
        _unpack(file, "gz", archive.name, into, wanted)


def unpack_deb(package: Path, into: Path, wanted: Callable[[str], bool] = lambda _: True) -> None:
    """Unpack the wanted data files of a Debian package below `into`; no script of it is run.

    A .deb is an `ar` archive that holds data.tar.xz (or .gz). Format:
    https://manpages.debian.org/deb.5
    """
    name, data = _data_member(package)
    if name == "data.tar.xz":
        _unpack(io.BytesIO(data), "xz", package.name, into, wanted)
    elif name == "data.tar.gz":
        _unpack(io.BytesIO(data), "gz", package.name, into, wanted)
    else:
        raise DataError(f"{package.name!r} is compressed as {name}: only .xz and .gz are read.")


def _data_member(package: Path) -> tuple[str, bytes]:
    with package.open("rb") as file:
        if file.read(len(_AR_MAGIC)) != _AR_MAGIC:
            raise DataError(f"{package.name!r} is not a Debian package (no ar archive).")
        while len(header := file.read(_AR_HEADER)) == _AR_HEADER:
            name = header[:16].decode("ascii", "replace").strip().rstrip("/")
            if not (field := header[48:58].strip()).isdigit():
                break
            size = int(field)
            if name.startswith("data.tar"):
                data = file.read(min(size, _LARGEST))
                if len(data) == size:
                    return name, data
                break
            file.seek(size + size % 2, io.SEEK_CUR)
    raise DataError(f"{package.name!r} is truncated or damaged: no whole data.tar in it.")


def _unpack(
    file: IO[bytes],
    compression: Literal["gz", "xz"],
    name: str,
    into: Path,
    wanted: Callable[[str], bool],
) -> None:
    left = _LARGEST
    try:
        with tarfile.open(fileobj=file, mode="r|gz" if compression == "gz" else "r|xz") as tar:
            for member in tar:
                path = _inside(member.name, name)
                if not member.isfile() or not wanted(path.as_posix()):
                    continue
                left -= member.size
                if left < 0:
                    raise DataError(f"{name!r} unpacks to more than {_LARGEST >> 30} GiB.")
                _copy(tar, member, into / path)
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, ValueError) as error:
        raise DataError(f"{name!r} is truncated or damaged ({error}).") from error


def _inside(member: str, archive: str) -> PurePosixPath:
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or "\\" in member or ":" in member:
        raise DataError(f"{archive!r} holds {member!r}, a path that leaves the folder: refused.")
    return path


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None
    with source, target.open("wb") as out:
        while block := source.read(1 << 20):
            out.write(block)
