"""Arrays in files: IDX, CIFAR-10's two forms, NumPy archives, parquet, and the cache's own."""

import gzip
import io
import pickle
import struct
import zipfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from benchmarks.fuzz.files import Content, Files
from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.kinds import made, pickles
from benchmarks.fuzz.mutations import EXTREMES

from imagette.data.cache import check_cached, open_cached, write_cached
from imagette.data.npz import NpzSource
from imagette.data.places import cache_root
from imagette.data.prepared import prepared_in_memory
from imagette.data.raw import RawSet
from imagette.data.readers.cifar import binary_files, read_binary, read_pickled
from imagette.data.readers.idx import idx_files, read_idx_split
from imagette.data.readers.npz import read_keras
from imagette.data.readers.parquet import read_parquet_grey
from imagette.data.split import Split

BOMB_BYTES = 1 << 27


def make_idx(folder: Path, ending: str = "") -> None:
    files = idx_files(made.images(12), made.labels(12))
    for name, blocks in zip(("images", "labels"), files, strict=True):
        data = b"".join(blocks)
        (folder / f"{name}{ending}").write_bytes(gzip.compress(data, mtime=0) if ending else data)


def read_idx(folder: Path, ending: str = "") -> Any:
    return read_idx_split([folder / f"images{ending}", folder / f"labels{ending}"], "train")


def idx_is_right(value: Any, folder: Path, ending: str = "") -> bool:
    """The bytes behind the header, by nothing but their place."""
    contents = [(folder / f"{name}{ending}").read_bytes() for name in ("images", "labels")]
    if ending:
        contents = [gzip.decompress(data) for data in contents]
    images, labels = value
    return (images.tobytes(), labels.astype(np.uint8).tobytes()) == (
        contents[0][16:],
        contents[1][8:],
    )


def sizes_of_idx(rng: Random, files: Files) -> Files:
    name = rng.choice(sorted(files))
    data = files[name]
    assert isinstance(data, bytes)
    plain = gzip.decompress(data) if name.endswith(".gz") else data
    sizes = [rng.choice((0, 1, 12, *EXTREMES)) % 2**32 for _ in range(3)]
    head = struct.pack(">HBBIII", 0, 8, rng.choice((0, 1, 2, 3, 255)), *sizes)
    changed = head[: 4 + 4 * rng.randrange(4)] + plain[4:]
    return {**files, name: gzip.compress(changed, mtime=0) if name.endswith(".gz") else changed}


@cache
def bomb(head: bytes) -> bytes:
    """A gzip of an eighth of a GiB of zeros behind `head`."""
    return gzip.compress(head + bytes(BOMB_BYTES), 9, mtime=0)


def bomb_of_idx(rng: Random, files: Files) -> Files:
    count = rng.choice((1 << 17, 1 << 20))
    return {**files, "images.gz": bomb(struct.pack(">HBBIII", 0, 8, 3, count, 32, 32))}


def make_cifar(folder: Path) -> None:
    (blocks,) = binary_files(made.images(6, 32, 32, 3), made.labels(6))
    (folder / "batch.bin").write_bytes(b"".join(blocks))


def cifar_is_right(value: Any, folder: Path) -> bool:
    data = (folder / "batch.bin").read_bytes()
    images, labels = value
    records = [data[at : at + 3073] for at in range(0, len(data), 3073)]
    planes = images.transpose(0, 3, 1, 2)
    return all(
        record == bytes([label]) + plane.tobytes()
        for record, label, plane in zip(records, labels.tolist(), planes, strict=True)
    )


def make_pickle(folder: Path) -> None:
    pixels = made.images(6, 32, 32, 3).transpose(0, 3, 1, 2).reshape(6, -1)
    batch = {b"data": pixels, b"labels": made.labels(6).tolist(), b"batch_label": b"one"}
    (folder / "batch").write_bytes(pickle.dumps(batch, protocol=4))


def make_npz(folder: Path) -> None:
    np.savez(
        folder / "set.npz",
        x_train=made.images(12),
        y_train=made.labels(12),
        x_test=made.images(4),
        y_test=made.labels(4),
        class_names=np.array(["café", "b"]),
    )


def npz_is_right(value: Any, _folder: Path) -> bool:
    """Whatever was read is a set that a classifier can be trained on."""
    return isinstance(value, RawSet) and all(
        split.images.dtype == np.uint8
        and split.images.ndim == 4
        and len(split.images) == len(split.labels) > 0
        and 0 <= split.labels.min() <= split.labels.max() < len(value.class_names)
        for split in (value.train, value.test)
    )


HEADERS = (
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 1000000), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 4, 5), }",
    "{'descr': '|u1', 'fortran_order': True, 'shape': (12, 4, 5), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (12, 4, 5), }",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (12, 4, 5), }",
    "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (12, 4, 5), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (12, 4, 5.0), }",
    "{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000000,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 1000000000000), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': " + "(" * 300 + ")" * 300 + ", }",
    "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (1,), }",
    "[" * 5000,
    "None",
    "\0",
)


def npy(header: str, data: bytes, version: tuple[int, int] = (1, 0)) -> bytes:
    text = header.encode() + b"\n"
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text) % 2**16)
    return b"\x93NUMPY" + bytes(version) + size + text + data


def npy_of(rng: Random) -> bytes:
    """A .npy that is not what it says."""
    version = rng.choice(((1, 0), (1, 0), (2, 0), (3, 0), (9, 9)))
    data = rng.choice((b"", bytes(240), pickle.dumps([None] * 240), pickles.hostile(rng)))
    return npy(rng.choice(HEADERS), data, version)


@cache
def zeros_npy() -> bytes:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({BOMB_BYTES >> 10}, 32, 32), }}"
    return npy(header, bytes(BOMB_BYTES))


@cache
def npz_bomb() -> bytes:
    """A megabyte that unpacks to a thousand times as much."""
    made_of = io.BytesIO()
    with zipfile.ZipFile(made_of, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("x_train", "x_test"):
            archive.writestr(f"{name}.npy", zeros_npy())
    return made_of.getvalue()


def spoilt_zip(rng: Random, files: Files) -> Files:
    """One entry of the archive is another: wrong within, renamed, twice there, or lying."""
    name = next(name for name in sorted(files) if name.endswith(".npz"))
    old = files[name]
    assert isinstance(old, bytes)
    if rng.random() < 0.02:
        return {**files, name: npz_bomb()}
    with zipfile.ZipFile(io.BytesIO(old)) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.namelist()]
    at = rng.randrange(len(entries))
    entries[at] = (_entry_name(rng, entries[at][0]), npy_of(rng))
    made_of = io.BytesIO()
    with zipfile.ZipFile(made_of, "w") as archive:
        for entry, data in entries:
            how = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
            archive.writestr(entry, data, how)
    return {**files, name: _lying(rng, made_of.getvalue())}


def _entry_name(rng: Random, name: str) -> str:
    return rng.choice((name, name, name, f"../../{name}", f"/tmp/{name}", "x" * 300, name[:-4]))


def _lying(rng: Random, data: bytes) -> bytes:
    """Perhaps another number in a header of an entry: method, flags, checksum, sizes."""
    found = [at for at in range(len(data) - 4) if data[at : at + 4] in (b"PK\1\2", b"PK\3\4")]
    if rng.random() < 0.5 or not found:
        return data
    at = rng.choice(found) + rng.choice((4, 6, 8, 10, 14, 18, 20, 22, 24, 26, 28, 42))
    number = struct.pack("<I", rng.choice(EXTREMES) % 2**32)
    return data[:at] + number + data[at + 4 :]


def make_parquet(folder: Path) -> None:
    _write_parquet(folder, [_png(image) for image in made.images(5)], made.labels(5).tolist())


def _png(image: Any) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image[..., 0]).save(out, "PNG")
    return out.getvalue()


def _write_parquet(folder: Path, pictures: list[Any], labels: list[Any]) -> None:
    import polars

    column = [None if one is None else {"bytes": one, "path": None} for one in pictures]
    kind = polars.Struct({"bytes": polars.Binary, "path": polars.String})
    frame = polars.DataFrame(
        [polars.Series("image", column, kind), polars.Series("label", labels, strict=False)]
    )
    frame.write_parquet(folder / "set.parquet", statistics=False)


def other_columns(rng: Random, _files: Files) -> Files:
    """A parquet file in good order with something else in it."""
    pictures: list[Any] = [_png(image) for image in made.images(5)]
    labels: list[Any] = made.labels(5).tolist()
    place = rng.choice((pictures, labels))
    place[rng.randrange(5)] = rng.choice(
        (None, b"", b"\x89PNG\r\n\x1a\n", _png(made.images(1, 9)[0]))
    )
    if place is labels:
        labels = rng.choice(
            ([None] * 5, ["a"] * 5, [0.5] * 5, [2**40] * 5, [[1]] * 5, [float("nan")] * 5, [-1] * 5)
        )
    import tempfile

    with tempfile.TemporaryDirectory() as made_in:
        _write_parquet(Path(made_in), pictures, labels)
        return {"set.parquet": (Path(made_in) / "set.parquet").read_bytes()}


def make_cache(folder: Path) -> None:
    """The files of a cached set; they are read through a link in the place of the cache."""
    split = Split(made.images(12), made.labels(12))
    raw = RawSet(("a", "b"), split, Split(made.images(4), made.labels(4)), "made")
    write_cached("fuzzed", "one", prepared_in_memory(raw))
    for file in _cached_set().iterdir():
        file.rename(folder / file.name)
    _cached_set().rmdir()
    _cached_set().symlink_to(folder)


def _cached_set() -> Path:
    return cache_root() / "data" / "fuzzed-v1"


def read_cache(_folder: Path) -> Any:
    check_cached("fuzzed")
    found = open_cached("fuzzed", "one")
    return found and [found.part(split).images.sum() for split in ("train", "test")]


def npy_in_cache(rng: Random, files: Files) -> Files:
    changed: dict[str, Content] = dict(files)
    changed[rng.choice([name for name in sorted(files) if name.endswith(".npy")])] = npy_of(rng)
    return changed


KINDS = (
    Kind("idx", make_idx, read_idx, idx_is_right, (sizes_of_idx,)),
    Kind(
        "idx.gz",
        lambda folder: make_idx(folder, ".gz"),
        lambda folder: read_idx(folder, ".gz"),
        lambda value, folder: idx_is_right(value, folder, ".gz"),
        (*(sizes_of_idx,) * 9, bomb_of_idx),
    ),
    Kind(
        "cifar-binary",
        make_cifar,
        lambda f: read_binary([f / "batch.bin"], "train"),
        cifar_is_right,
    ),
    Kind(
        "cifar-pickle",
        make_pickle,
        lambda folder: read_pickled([folder / "batch"], "train"),
        lambda value, _: value[0].shape[1:] == (32, 32, 3) and len(value[0]) == len(value[1]),
        (pickles.spoilt,),
    ),
    Kind(
        "npz",
        make_npz,
        lambda folder: NpzSource(folder / "set.npz").load(None),
        npz_is_right,
        (spoilt_zip,),
    ),
    Kind(
        "npz-keras", make_npz, lambda f: read_keras([f / "set.npz"], "train"), spoils=(spoilt_zip,)
    ),
    Kind(
        "parquet",
        make_parquet,
        lambda folder: read_parquet_grey([folder / "set.parquet"], "train"),
        lambda value, _: len(value[0]) == len(value[1]) and value[0].dtype == np.uint8,
        (other_columns,),
    ),
    Kind("cache", make_cache, read_cache, spoils=(npy_in_cache,), names="fuzzed-v1"),
)
