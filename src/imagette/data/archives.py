"""Unpacking what comes from elsewhere: plain files only, inside the folder, within a size."""

import io
import lzma
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO

from imagette.data.inflated import Compression, Inflated
from imagette.data.unfolding import most_unfolded
from imagette.errors import DataError
from imagette.plain import short

_LARGEST = 1 << 30  # bytes that one archive may unpack to; the largest we know holds 180 MB
_DAMAGE = (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError)
_DEEPEST = 32  # folders within folders
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60


def unpack_tar(archive: Path, into: Path, wanted: Callable[[str], bool] = lambda _: True) -> None:
    """Unpack the wanted plain files of a .tar.gz or .tgz below `into`; nothing is run.

    Raises DataError where a member leaves the folder, or the whole is too large or damaged.
    """
    with _opened(archive) as file:
        content = Inflated(file, "gz", archive.name, most_unfolded(archive, _LARGEST))
        _unpack(content, archive.name, into, wanted)


def unpack_deb(package: Path, into: Path, wanted: Callable[[str], bool] = lambda _: True) -> None:
    """Unpack the wanted data files of a Debian package below `into`; no script of it is run.

    A .deb is an `ar` archive that holds data.tar.xz (or .gz). Format:
    https://manpages.debian.org/deb.5
    """
    name, data = _data_member(package)
    known: dict[str, Compression] = {"data.tar.xz": "xz", "data.tar.gz": "gz"}
    if name not in known:
        raise DataError(f"{package.name!r} is compressed as {name!r}: only .xz and .gz are read.")
    content = Inflated(
        io.BytesIO(data), known[name], package.name, most_unfolded(package, _LARGEST)
    )
    _unpack(content, package.name, into, wanted)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"{path.name!r} cannot be read ({error.strerror or error}).") from error


def _data_member(package: Path) -> tuple[str, bytes]:
    with _opened(package) as file:
        if file.read(len(_AR_MAGIC)) != _AR_MAGIC:
            raise DataError(f"{package.name!r} is not a Debian package (no ar archive).")
        while len(header := file.read(_AR_HEADER)) == _AR_HEADER:
            name = header[:16].decode("ascii", "replace").strip().rstrip("/")
            if not (field := header[48:58].strip()).isdigit():
                break
            size = int(field)
            if name.startswith("data.tar"):
                if size > min(package.stat().st_size, _LARGEST):
                    break
                data = file.read(size)
                if len(data) == size:
                    return name, data
                break
            file.seek(size + size % 2, io.SEEK_CUR)
    raise DataError(f"{package.name!r} is truncated or damaged: no whole data.tar in it.")


def _unpack(content: Inflated, name: str, into: Path, wanted: Callable[[str], bool]) -> None:
    try:
        with tarfile.open(fileobj=content, mode="r|") as tar:
            for member in tar:
                path = _inside(member.name, name)
                if not 0 <= tar.offset <= content.most:  # tarfile would pass over it for ever
                    raise DataError(
                        f"{name!r} unpacks to more than {content.most:,} bytes, the most of a "
                        f"file of its size: {path.name!r} ends at byte {tar.offset:,}."
                    )
                if member.isfile() and wanted(path.as_posix()):
                    _copy(tar, member, into / path)
    except _DAMAGE as error:
        raise DataError(f"{name!r} is truncated or damaged ({short(error)}).") from error


def _inside(member: str, archive: str) -> PurePosixPath:
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or "\\" in member or ":" in member:
        raise DataError(f"{archive!r} holds {member!r}, a path that leaves the folder: refused.")
    if len(path.parts) > _DEEPEST:
        raise DataError(f"{archive!r} holds {member[:60]!r}..., folders too deep: refused.")
    return path


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None
    with source, target.open("wb") as out:
        while block := source.read(1 << 20):
            out.write(block)
