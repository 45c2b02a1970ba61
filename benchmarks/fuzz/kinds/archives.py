"""Archives that are unpacked: .tar.gz, and the tar within a Debian package."""

import gzip
import io
import lzma
import tarfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzz.files import Files
from benchmarks.fuzz.kind import Kind

from imagette.data.archives import unpack_deb, unpack_tar

CONTENTS = {
    "set/train.bin": b"train" * 50,
    "set/test.bin": b"test" * 50,
    "set/a/b.txt": "é".encode(),
}

NAMES = (
    "../outside",
    "../../outside",
    "/tmp/outside",
    "a/../../outside",
    "a\\..\\b",
    "c:\\x",
    ".",
    "..",
    "",
    "a\nb",
    "x" * 300,
    "set",
    "set/train.bin/inner",
    "\x1b[2J",
    "a" + "/a" * 500,
)
KINDS_OF_MEMBERS = (
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.FIFOTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.DIRTYPE,
    tarfile.GNUTYPE_SPARSE,
    tarfile.CONTTYPE,
    b"Z",
)


def tar(members: list[tuple[tarfile.TarInfo, bytes]], form: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def members() -> list[tuple[tarfile.TarInfo, bytes]]:
    found = []
    for name, data in CONTENTS.items():
        info = tarfile.TarInfo(name)
        info.size = len(data)
        found.append((info, data))
    return found


def other_members(rng: Random) -> bytes:
    """A tar in good order whose members lead elsewhere, are no files, or lie about their size."""
    found = members()
    info, data = rng.choice(found)
    match rng.randrange(4):
        case 0:
            info.name = rng.choice(NAMES)
        case 1:
            info.type = rng.choice(KINDS_OF_MEMBERS)
            info.linkname = rng.choice(("/etc/passwd", "../../outside", "set/test.bin", ""))
            info.size = rng.choice((0, info.size))
        case 2:
            found.insert(0, (_link(info.name.split("/")[0]), b""))
        case 3:
            found += [(_numbered(number), data) for number in range(300)]
    form = rng.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT))
    try:
        made = tar(found, form)
    except (ValueError, OSError):  # what this form cannot say
        made = tar(members())
    return _lying(rng, made)


def _link(name: str) -> tarfile.TarInfo:
    """The folder that the next members lie in, as a link out of it."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, "/tmp"
    return info


def _numbered(number: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(f"set/{number}")
    info.size = 0
    return info


def _lying(rng: Random, made: bytes) -> bytes:
    """Perhaps another size in a member's header, its checksum mended."""
    if rng.random() < 0.6:
        return made
    at = 512 * rng.randrange(min(6, len(made) // 512))
    sizes = (b"77777777777\0", b"00000000000\0", b"\x80" + b"\xff" * 11, b"-0000000001\0")
    header = bytearray(made[at : at + 512])
    header[124:136] = rng.choice(sizes)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return made[:at] + bytes(header) + made[at + 512 :]


@cache
def bomb(compression: str) -> bytes:
    """A tar of an eighth of a GiB of zeros, in a megabyte or less."""
    info = tarfile.TarInfo("set/train.bin")
    info.size = 1 << 27
    made = info.tobuf() + bytes(info.size) + bytes(1024)
    return gzip.compress(made, 9, mtime=0) if compression == "gz" else lzma.compress(made, preset=0)


def deb(inner: bytes, name: bytes = b"data.tar.xz") -> bytes:
    members = ((b"debian-binary", b"2.0\n"), (b"control.tar.xz", b"odd"), (name, inner))
    return b"!<arch>\n" + b"".join(_ar_member(one, data) for one, data in members)


def _ar_member(name: bytes, data: bytes) -> bytes:
    head = name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644".ljust(8)
    return head + str(len(data)).encode().ljust(10) + b"`\n" + data + b"\n" * (len(data) % 2)


def spoilt_tar(rng: Random, _files: Files) -> Files:
    if rng.random() < 0.01:
        return {"set.tar.gz": bomb("gz")}
    return {"set.tar.gz": gzip.compress(other_members(rng), 1, mtime=0)}


def spoilt_deb(rng: Random, _files: Files) -> Files:
    if rng.random() < 0.01:
        return {"set.deb": deb(bomb("xz"))}
    name = rng.choice((b"data.tar.xz", b"data.tar.gz", b"data.tar.zst", b"data.tar", b"x" * 16))
    press = gzip.compress if name.endswith(b"gz") else lzma.compress
    return {"set.deb": deb(press(other_members(rng)), name)}


def make_tar(folder: Path) -> None:
    (folder / "set.tar.gz").write_bytes(gzip.compress(tar(members()), mtime=0))


def make_deb(folder: Path) -> None:
    (folder / "set.deb").write_bytes(deb(lzma.compress(tar(members()))))


def _unpacked(folder: Path) -> dict[str, bytes]:
    into = folder / "into"
    return {
        path.relative_to(into).as_posix(): path.read_bytes()
        for path in into.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def read_tar(folder: Path) -> Any:
    unpack_tar(folder / "set.tar.gz", folder / "into")
    return _unpacked(folder)


def read_deb(folder: Path) -> Any:
    unpack_deb(folder / "set.deb", folder / "into")
    return _unpacked(folder)


def no_link_within(_value: Any, folder: Path) -> bool:
    return not any(path.is_symlink() for path in (folder / "into").rglob("*"))


KINDS = (
    Kind(
        "tar.gz",
        make_tar,
        read_tar,
        no_link_within,
        (spoilt_tar,),
        names="set.tar.gz",
    ),
    Kind(
        "deb",
        make_deb,
        read_deb,
        no_link_within,
        (spoilt_deb,),
        names="set.deb",
    ),
)
