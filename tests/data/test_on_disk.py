"""Data larger than memory: the bits of those in memory, without the memory."""

import json
import subprocess
import sys

import numpy as np
import pytest

from imagette.data import streamed
from imagette.data.dataset import open_data, open_test
from imagette.data.digests import content_digest, image_digests
from imagette.data.readers.npz import read_arrays
from imagette.data.scratch import room
from imagette.data.spec import DataSpec
from imagette.data.statistics import channel_statistics
from imagette.data.streamed import StreamedImages, on_disk, selected
from imagette.data.survey import survey_of


class Silent:
    def record(self, dataset, digest):
        """Nobody asks."""


@pytest.fixture
def npz(tmp_path, images, cache):
    path = tmp_path / "mine.npz"
    np.savez(path, images=images(60, 6, 5, 3), labels=np.arange(60) % 3)
    return f"npz:{path}"


@pytest.fixture
def large(monkeypatch):
    """From now on all but the smallest arrays are large."""
    monkeypatch.setattr(streamed, "STREAM_BYTES", 100)


def opened(name):
    spec = DataSpec(name=name, validation=0.2)
    data = open_data(spec)
    return data, open_test(spec, Silent())


def test_the_same_images_come_from_the_disk(npz, monkeypatch):
    # 003-07
    data, test = opened(npz)
    monkeypatch.setattr(streamed, "STREAM_BYTES", 100)
    again, test_again = opened(npz)
    assert data.digest == again.digest
    pairs = [(data.train, again.train), (data.validation, again.validation), (test, test_again)]
    for kept, read in pairs:
        assert isinstance(kept.images, np.ndarray)
        assert isinstance(read.images, StreamedImages)
        np.testing.assert_array_equal(read.images[:], kept.images)
        np.testing.assert_array_equal(read.labels, kept.labels)
        np.testing.assert_array_equal(read[3][0], kept[3][0])
        np.testing.assert_array_equal(read[-1][0], kept[-1][0])
        np.testing.assert_array_equal(read.floats(), kept.floats())
        np.testing.assert_array_equal(image_digests(read.images), image_digests(kept.images))
        assert content_digest(read.images, read.labels) == content_digest(kept.images, kept.labels)
        assert channel_statistics(read.images) == channel_statistics(kept.images)


def test_a_large_set_is_cached_by_blocks_as_a_small_one_is_at_once(npz, large, cache):
    first, _ = opened(npz)
    (folder,) = (cache / "data").iterdir()
    kept = {path.name: path.read_bytes() for path in folder.glob("*.npy")}
    assert len(kept) == 6
    streamed.STREAM_BYTES = 1 << 30
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    opened(npz)
    assert kept == {path.name: path.read_bytes() for path in folder.glob("*.npy")}
    assert isinstance(first.train.images, StreamedImages)


def test_a_folder_of_pictures_is_decoded_onto_the_disk(picture_folder, cache, monkeypatch):
    name = f"folder:{picture_folder()}"
    kept, _ = opened(name)
    monkeypatch.setenv("IMAGETTE_CACHE", str(cache / "other"))
    monkeypatch.setattr(streamed, "STREAM_BYTES", 100)
    read, _ = opened(name)
    assert isinstance(read.train.images, StreamedImages)
    assert read.digest == kept.digest


def test_looking_at_a_large_set_reads_it_by_blocks(npz, monkeypatch):
    small = survey_of(DataSpec(name=npz))
    monkeypatch.setattr(streamed, "STREAM_BYTES", 100)
    assert survey_of(DataSpec(name=npz)) == small


def test_what_is_selected_twice_is_still_read_where_it_lies(large, images):
    pixels = images(20)
    part = selected(selected(pixels, np.arange(20) % 2 == 0), np.array([4, 1, 1]))
    assert isinstance(part, StreamedImages)
    np.testing.assert_array_equal(part[:], pixels[[8, 2, 2]])
    np.testing.assert_array_equal(part[np.array([[0], [2]])], pixels[[[8], [2]]])
    assert part.dtype == np.uint8


def test_large_room_is_a_file_without_a_name(large, cache):
    made = room((3, 50))
    made[:] = 7
    assert made.sum() == 7 * 150
    assert list((cache / "downloads").iterdir()) == []


def test_a_large_array_of_an_archive_comes_back(tmp_path, large, cache, images):
    pixels = images(30)
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "x.npz", x=pixels)
        np.testing.assert_array_equal(read_arrays(tmp_path / "x.npz", ["x"])["x"], pixels)


def test_views_of_bytes_on_the_disk_are_bytes(images):
    from imagette.data.views import View

    pixels = images(4)
    view = View(0.5, mirrored=True, moved=1)
    seen = view.of(on_disk(pixels))
    assert seen[:].dtype == np.uint8
    np.testing.assert_array_equal(seen[:], view.of(pixels))


MEMORY = """
import json, resource, sys
from pathlib import Path
import numpy as np
from imagette.data import streamed
from imagette.data.dataset import open_data
from imagette.data.preprocess import preprocess_of
from imagette.data.spec import DataSpec

def field(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))

import imagette.data.readers.npz, imagette.data.npz, polars
streamed.STREAM_BYTES = 8 << 20
limit = field("VmData:") + (64 << 20)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
spec = DataSpec(name=f"npz:{sys.argv[1]}")
data = open_data(spec)
statistics = preprocess_of(spec, data.train)
sums = [int(block.sum()) for block in data.train.images.blocks()]
print(json.dumps([len(data.train), sum(sums), statistics.as_json()]))
"""


def test_a_set_is_opened_in_a_quarter_of_its_size(tmp_path, cache):
    # 003-07
    count = (256 << 20) // 3072
    pixels = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.uint8, (count, 32, 32, 3))
    pixels[:] = np.arange(count, dtype=np.uint8)[:, None, None, None]
    pixels[:, 0, 0, 0] = np.arange(count) >> 8
    np.savez(tmp_path / "x.npz", images=pixels, labels=np.arange(count) % 2)
    (tmp_path / "x.npy").unlink()
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "x.npz")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    num_train, total, statistics = json.loads(done.stdout)
    assert num_train > 0.7 * count
    grey = np.arange(256) / 255  # every value as often as any other
    assert statistics["channels_mean"] == pytest.approx([grey.mean()] * 3, abs=1e-3)
    assert statistics["deviation"] == pytest.approx([grey.std()] * 3, abs=1e-3)
    assert total / (num_train * 3072 * 255) == pytest.approx(grey.mean(), abs=1e-3)
