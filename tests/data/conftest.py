"""Tiny made sets, and a web server on this machine that stands in for mirrors."""

import functools
import http.server
import threading

import numpy as np
import pytest
from PIL import Image

from imagette.data import named
from imagette.data.digests import digest_of
from imagette.data.named import Layout, NamedSet
from imagette.data.readers.idx import idx_files, read_idx_split
from imagette.data.split import Split

IDX = {"train": ("train-images", "train-labels"), "test": ("test-images", "test-labels")}


def made_images(count, height=4, width=5, channels=1, seed=1):
    words = np.random.Philox(key=seed).random_raw(count * height * width * channels)
    return (words % 256).astype(np.uint8).reshape(count, height, width, channels)


def made_split(count, seed):
    return Split(made_images(count, seed=seed), np.arange(count, dtype=np.int32) % 2)


def write_idx(folder, split, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, blocks in zip(files, idx_files(split.images, split.labels), strict=True):
        (folder / name).write_bytes(b"".join(blocks))


@pytest.fixture
def images():
    return made_images


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of this test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("IMAGETTE_CACHE", str(folder))
    return folder


@pytest.fixture
def empty_machine(cache, monkeypatch):
    """No set lies in any customary place."""
    monkeypatch.delenv("IMAGETTE_DATA", raising=False)
    monkeypatch.setattr(named, "customary_roots", tuple)


@pytest.fixture
def tiny():
    """The splits of a made set of two classes."""
    return {"train": made_split(20, seed=2), "test": made_split(10, seed=3)}


@pytest.fixture
def tiny_folder(tmp_path, tiny):
    """The made set on disk, as IDX files."""
    folder = tmp_path / "tiny files"
    for name, split in tiny.items():
        write_idx(folder, split, IDX[name])
    return folder


@pytest.fixture
def tiny_set(tiny, empty_machine):
    """The made set as a named one, with the mirrors given."""

    def make(*mirrors):
        digests = {
            name: tuple(f"sha256:{digest_of(f)}" for f in idx_files(split.images, split.labels))
            for name, split in tiny.items()
        }
        return NamedSet(
            name="tiny",
            title="",
            home="",
            shape=(4, 5, 1),
            counts={"train": 20, "test": 10},
            class_names=("even", "odd"),
            published_files=idx_files,
            published=digests,
            layouts=(Layout("IDX files", ("tiny", "."), IDX, read_idx_split),),
            mirrors=mirrors,
        )

    return make


@pytest.fixture
def server(tmp_path):
    """A web server: its folder and its address."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def picture_folder(tmp_path):
    """Writes `count` different grey pictures of each class below a folder."""

    def write(root="pictures", classes=("cat", "dog"), count=5, size=(6, 4), mode="L"):
        for number, name in enumerate(classes):
            folder = tmp_path / root / name
            folder.mkdir(parents=True)
            for index in range(count):
                picture = Image.new(mode, size)
                picture.putpixel((0, 0), _colour(mode, 20 * number + index + 1))
                picture.save(folder / f"{index}.png")
        return tmp_path / root

    return write


def _colour(mode, value):
    return value if mode == "L" else (value, 0, 0)
