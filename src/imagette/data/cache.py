"""The cache: one folder a set, memory-mapped, made whole or not at all.

`<cache>/data/<key>-v1/` holds train_images.npy, train_labels.npy, train_digests.npy, the same three
of the test set, and meta.json. Training never opens the test files.
"""

import errno
import os
import shutil
import tempfile
import tokenize
from functools import partial
from pathlib import Path
from typing import IO, get_args

import numpy as np
from pydantic import ValidationError

from imagette.data.digests import content_digest, image_digests
from imagette.data.places import cache_root
from imagette.data.prepared import Part, Prepared
from imagette.data.raw import SplitName
from imagette.data.streamed import AnyImages, StreamedImages
from imagette.errors import DataError
from imagette.spec import Spec

VERSION = 1
_UNREADABLE = (
    ValueError,
    EOFError,
    OSError,
    SyntaxError,
    TypeError,
    RecursionError,
    OverflowError,
    MemoryError,
    tokenize.TokenError,
)
SPLITS: tuple[SplitName, ...] = get_args(SplitName)


class Meta(Spec):
    """meta.json: what can be said of a cached set without opening its arrays."""

    version: int
    fingerprint: str  # of the source, when this was made
    origin: str
    class_names: tuple[str, ...]
    digests: dict[SplitName, str]
    counts: dict[SplitName, int]


def cached_folder(key: str) -> Path:
    return cache_root() / "data" / f"{key}-v{VERSION}"


def is_cached(key: str) -> bool:
    return (cached_folder(key) / "meta.json").is_file()


def open_cached(key: str, fingerprint: str) -> Prepared | None:
    """The set as it was cached, or None where it was not, or its source has changed since."""
    if not is_cached(key):
        return None
    folder = cached_folder(key)
    meta = _meta(folder)
    if meta.fingerprint != fingerprint:
        return None
    return Prepared(meta.class_names, meta.origin, meta.digests, partial(_part, folder, meta))


def write_cached(key: str, fingerprint: str, prepared: Prepared) -> None:
    """Write a set beside its place, flush it, then rename it there; OSError where that fails."""
    folder = cached_folder(key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        counts = {split: _write_part(made, split, prepared.part(split)) for split in SPLITS}
        meta = Meta(
            version=VERSION,
            fingerprint=fingerprint,
            origin=prepared.origin,
            class_names=prepared.class_names,
            digests=dict(prepared.digests),
            counts=counts,
        )
        _write(made / "meta.json", meta.model_dump_json(indent=1).encode())
        _put_in_place(made, folder, fingerprint)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def check_cached(key: str) -> Meta:
    """Read every byte of a cached set again and compare it with its digests.

    Raises DataError naming the half that differs, or saying that nothing is cached.
    """
    folder = cached_folder(key)
    if not is_cached(key):
        raise DataError(f"{key!r} is not in the cache ({str(folder)!r}): imagette data get {key}")
    meta = _meta(folder)
    for split in SPLITS:
        part = _part(folder, meta, split)
        if content_digest(part.images, part.labels) != meta.digests[split] or not np.array_equal(
            image_digests(part.images), part.digests
        ):
            raise _damaged(folder, f"the {split} files do not have their recorded digests")
    return meta


def _write_part(folder: Path, split: SplitName, part: Part) -> int:
    for name, array in vars(part).items():
        with (folder / f"{split}_{name}.npy").open("wb") as file:
            _save(file, array)
            file.flush()
            os.fsync(file.fileno())
    return len(part.labels)


def _save(file: IO[bytes], array: AnyImages) -> None:
    """As np.save, without ever holding images that stay on the disk."""
    if not isinstance(array, StreamedImages):
        np.save(file, array, allow_pickle=False)
        return
    header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(file, header)
    for block in array.blocks():
        file.write(block.tobytes())


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(made: Path, folder: Path, fingerprint: str) -> None:
    """Rename; a set of another source there is moved aside, and one made meanwhile is kept."""
    made.chmod(0o755)
    if _is_of(folder, fingerprint):
        return
    if folder.exists():
        folder.rename(made / "replaced")
    try:
        made.rename(folder)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return
        raise
    shutil.rmtree(folder / "replaced", ignore_errors=True)


def _is_of(folder: Path, fingerprint: str) -> bool:
    try:
        return _meta(folder).fingerprint == fingerprint
    except DataError:
        return False


def _meta(folder: Path) -> Meta:
    try:
        meta = Meta.model_validate_json((folder / "meta.json").read_bytes())
    except (ValidationError, OSError) as error:
        raise _damaged(folder, "meta.json cannot be read") from error
    if meta.version != VERSION:
        raise _damaged(folder, f"it is of version {meta.version}")
    if not {*SPLITS} <= meta.counts.keys() & meta.digests.keys():
        raise _damaged(folder, "meta.json lacks one of its halves")
    return meta


def _part(folder: Path, meta: Meta, split: SplitName) -> Part:
    """One half, memory-mapped; a file that is short, missing or of another kind is found here."""
    try:
        images, labels, digests = (
            np.asarray(np.load(folder / f"{split}_{name}.npy", mmap_mode="r", allow_pickle=False))
            for name in ("images", "labels", "digests")
        )
    except _UNREADABLE as error:
        raise _damaged(folder, f"its {split} files are short or missing") from error
    count, classes = meta.counts[split], len(meta.class_names)
    kinds = [(str(array.dtype), array.ndim) for array in (images, labels, digests)]
    if kinds != [("uint8", 4), ("int32", 1), ("uint8", 2)] or digests.shape[1] != 32:
        raise _damaged(folder, f"its {split} files do not hold images, labels and digests")
    if not len(images) == len(labels) == len(digests) == count:
        raise _damaged(folder, f"its {split} files do not hold {count} images")
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise _damaged(folder, f"its {split} labels are not those of {classes} classes")
    return Part(images, labels, digests)


def _damaged(folder: Path, how: str) -> DataError:
    return DataError(
        f"The cached set {str(folder)!r} is damaged: {how}. Remove that folder and try again; it "
        "is made anew."
    )
