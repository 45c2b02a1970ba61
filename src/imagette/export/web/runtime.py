"""onnxruntime for a browser: the two files of its npm package that compute on one thread.

They are brought by npm, kept in the cache, and compared with their digests each time. The program
is packed, to a quarter: a page unpacks it, so that a phone loads less from any host.
"""

import gzip
import tempfile
from pathlib import Path

from imagette.data.digests import require_digest
from imagette.data.mirrors import NpmPackage
from imagette.data.notice import notice
from imagette.data.places import cache_root
from imagette.data.scratch import scratch_folder
from imagette.errors import DataError, UsageError
from imagette.store.whole import write_whole_folder

VERSION = "1.30.0"
LOADER, PROGRAM = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"
DIGESTS = {
    LOADER: "sha256:11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    PROGRAM: "sha256:3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
PACKAGE = NpmPackage(
    "onnxruntime-web",
    VERSION,
    "sha256:d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71",
    wanted=tuple(f"/dist/{name}" for name in DIGESTS),
)

SCRIPT, PACKED = "runtime/ort.js", "runtime/ort.wasm.gzip"
"""As they lie beside a page. Plain hosts know .js, not all .mjs, to be a script; and those that
know .gz to be packed say so to the browser, which then unpacks it itself."""

_BELOW = ("", "dist", "package/dist", "node_modules/onnxruntime-web/dist")


def runtime_files(given: Path | None = None, package: NpmPackage = PACKAGE) -> dict[str, bytes]:
    """The files by their names beside a page: from a folder given by hand, the cache, or npm.

    Raises UsageError for a folder that does not hold them, DataError where npm cannot bring them,
    or where a file is not the published one.
    """
    folder = _given(given) if given else _cached(package)
    for name, digest in DIGESTS.items():
        require_digest(folder / name, digest)
    program = (folder / PROGRAM).read_bytes()
    return {
        SCRIPT: (folder / LOADER).read_bytes(),
        PACKED: gzip.compress(program, compresslevel=9, mtime=0),
    }


def _given(folder: Path) -> Path:
    """The folder, or the place in it where npm puts such files."""
    for below in _BELOW:
        if all((folder / below / name).is_file() for name in DIGESTS):
            return folder / below
    raise UsageError(
        f"--ort must be a folder that holds {' and '.join(DIGESTS)}, of onnxruntime-web {VERSION}. "
        f"Got {str(folder)!r}: npm pack {PACKAGE.name}@{VERSION} brings them, in an archive to be "
        "unpacked."
    )


def _cached(package: NpmPackage) -> Path:
    folder = cache_root() / "npm" / f"{package.name}-{package.version}"
    if not all((folder / name).is_file() for name in DIGESTS):
        notice(f"{package.name}: {package.title}")
        _fetch(package, folder)
    return folder


def _fetch(package: NpmPackage, into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="imagette-", dir=scratch_folder()) as folder:
        try:
            package.fetch(Path(folder))
        except DataError as error:
            raise DataError(
                f"{package.name} {package.version}, which computes in the browser, could not be "
                f"brought ({error}). Install npm and connect to a network, or give a folder that "
                "holds its files with --ort."
            ) from error
        files = {name: (Path(folder) / "package/dist" / name).read_bytes() for name in DIGESTS}
    write_whole_folder(into, files)
