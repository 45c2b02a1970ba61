"""Every change that imagette makes to a run or its own records, one small operation each.

All of them pass through `in_use`. A test puts another disk in its place, on which each operation
in turn fails, or is the last before the power goes; nothing else in `store` changes a file.
"""

import os
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change the ends of lines
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # a stranger's run may hold links to one's own files


class Disk:
    """What the system does. Each operation raises OSError; reading needs no disk of ours."""

    def create(self, path: Path) -> int:
        """A descriptor to write a new file with; FileExistsError if it is there."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)

    def extend(self, path: Path) -> int:
        """A descriptor to read a file and to write at its end; made if it is not there.

        A link is refused: what it leads to is no file of ours.
        """
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY | _NO_LINK, 0o666)

    def write(self, descriptor: int, data: bytes) -> None:
        """All of the data, which the system may take in parts."""
        while data:
            data = data[os.write(descriptor, data) :]

    def sync(self, descriptor: int) -> None:
        """Wait until what was written is on the disk."""
        os.fsync(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def rename(self, old: Path, new: Path) -> None:
        """Over a file that is there; on Windows not over a folder, even an empty one."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        path.unlink()

    def make_folder(self, path: Path) -> None:
        path.mkdir()

    def remove_folder(self, path: Path) -> None:
        """An empty one."""
        path.rmdir()

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder survive a power cut, where the system lets us."""
        if os.name == "nt":  # Windows opens no folder
            return
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


in_use = Disk()
