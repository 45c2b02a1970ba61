"""What data larger than memory cost: training from the disk beside training from memory.

A set of random pictures is written, an .npz of `--gigabytes` and a folder of `--pictures`. Each is
trained for an epoch in a process of its own, from memory and from the disk, in turn, `--rounds`
times. From the disk the process may not take more than `--limit` of private memory above its
start: more is refused by the system. Said are images a second of training alone, the most private
memory above the start, and whether the weights have the same bits. The aim is 0.70 of the speed.
All that is written is removed.

    python benchmarks/streamed.py
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

AIM = 0.70
WAYS = ("memory", "disk")
SIDE, CLASSES = 32, 10


def write_npz(path: Path, num_bytes: int) -> None:
    """Images and labels, uncompressed; a class has a colour, so that something can be learnt."""
    count = num_bytes // (SIDE * SIDE * 3)
    labels = np.arange(count, dtype=np.int32) % CLASSES
    images = np.lib.format.open_memmap(
        path.with_suffix(".npy"), "w+", np.uint8, (count, SIDE, SIDE, 3)
    )
    rng = np.random.default_rng(0)
    for start in range(0, count, 10_000):
        block = images[start : start + 10_000]
        block[:] = rng.integers(0, 200, block.shape, np.uint8)
        block[..., 0] += labels[start : start + 10_000, None, None].astype(np.uint8) * 5
    images.flush()
    np.savez(path, images=images, labels=labels)
    path.with_suffix(".npy").unlink()


def write_folder(path: Path, count: int) -> None:
    from PIL import Image

    rng = np.random.default_rng(1)
    for label in range(CLASSES):
        (path / str(label)).mkdir(parents=True)
    for index in range(count):
        label = index % CLASSES
        pixels = rng.integers(0, 200, (SIDE, SIDE, 3), np.uint8)
        pixels[..., 0] += np.uint8(5 * label)
        Image.fromarray(pixels).save(path / str(label) / f"{index:06}.png", compress_level=1)


def private_bytes() -> int:
    """Of this process: pages that no file backs (`RssAnon`)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) << 10
    return 0


def data_bytes() -> int:
    """What the system counts against RLIMIT_DATA (`VmData`)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0


class Peak:
    """The most private memory while it is open, looked at twenty times a second."""

    def __enter__(self) -> "Peak":
        self.most_bytes, self._open = private_bytes(), True
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while self._open:
            self.most_bytes = max(self.most_bytes, private_bytes())
            time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._thread.join()


def train(data: str, way: str, limit_bytes: int, asked: dict[str, Any]) -> dict[str, Any]:
    """In a process of its own: an epoch, and what it took."""
    import torch  # its own memory belongs to the start

    from imagette.data import streamed
    from imagette.experiment import check
    from imagette.run.train import Begun, train_experiment

    torch.ones(8).sum()
    streamed.STREAM_BYTES = {"memory": 1 << 60, "disk": asked["stream_bytes"]}[way]
    start = private_bytes()
    if way == "disk":
        most = data_bytes() + limit_bytes
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    experiment = check(
        {
            "data": {"name": data},
            "network": {"name": asked["network"]},
            "recipe": {"epochs": 1, "batch": asked["batch"]},
            "engine": {"name": asked["engine"]},
            "run": {"folder": asked["runs"]},
        },
        "benchmark",
    )
    began = time.perf_counter()
    with Peak() as peak:
        events = train_experiment(experiment)
        for event in events:
            if isinstance(event, Begun):
                setup_seconds = time.perf_counter() - began
        ended = event
    timing = ended.folder.timings()[-1]
    return {
        "rate": timing["images_per_second"],
        "setup_seconds": setup_seconds,
        "private_bytes": peak.most_bytes - start,
        "digest": ended.folder.load().weights_digest,
    }


def in_a_process(data: str, way: str, asked: argparse.Namespace, place: Path) -> dict[str, Any]:
    values = {**vars(asked), "runs": str(place / "runs")}
    command = [sys.executable, __file__, "--child", json.dumps([data, way, values])]
    folders = {f"IMAGETTE_{name}": str(place / name) for name in ("CACHE", "STATE")}
    done = subprocess.run(
        command, env={**os.environ, **folders}, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{data} from {way} failed: nothing was measured")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(what: str, data: str, asked: argparse.Namespace, place: Path) -> bool:
    """Prints the rounds; whether bits and speed are as they must be."""
    print(f"{what}, {asked.network} at batch {asked.batch} on {asked.engine}, n = {asked.rounds}")
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    digests = set()
    for _ in range(asked.rounds):
        for way in WAYS:
            found = in_a_process(data, way, asked, place)
            rates[way].append(found["rate"])
            digests.add(found["digest"])
            print(
                f"  {way:<7}{found['rate']:>10,.0f} images/s, "
                f"{found['private_bytes'] / 1e6:>7,.0f} MB private above the start, "
                f"{found['setup_seconds']:>6.1f} s of set-up",
                flush=True,
            )
    ratio = median(rates["disk"]) / median(rates["memory"])
    same = "the same bits" if len(digests) == 1 else f"{len(digests)} DIFFERENT weights"
    print(f"  from the disk {ratio:.2f} of the speed (aim {AIM}), {same}")
    return ratio >= AIM and len(digests) == 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--limit", type=float, default=1.0, help="GB of private memory")
    parser.add_argument("--network", default="lenet_cifar")
    parser.add_argument("--engine", default="torch")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stream-bytes", type=int, default=64 << 20)
    parser.add_argument("--folder", type=Path, default=None, help="where there is room for it all")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        data, way, values = json.loads(asked.child)
        print(json.dumps(train(data, way, int(values["limit"] * 1e9), values)))
        return
    asked.folder = str(asked.folder) if asked.folder else None
    writers: list[tuple[str, str, Callable[[Path], None]]] = []
    if asked.gigabytes:
        size = int(asked.gigabytes * 1e9)
        what = f"an .npz of {asked.gigabytes:g} GB"
        writers.append((what, "npz:{}/set.npz", lambda place: write_npz(place / "set.npz", size)))
    if asked.pictures:
        what = f"a folder of {asked.pictures:,} pictures"
        count = asked.pictures
        writers.append(
            (what, "folder:{}/pictures", lambda place: write_folder(place / "pictures", count))
        )
    met = []
    for what, name, write in writers:
        with tempfile.TemporaryDirectory(prefix="imagette-", dir=asked.folder) as made:
            write(Path(made))
            met.append(compare(what, name.format(made), asked, Path(made)))
    if not all(met):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
