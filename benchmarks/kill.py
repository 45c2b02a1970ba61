"""Kills trainings at random moments, resumes them, and counts those that end bit for bit.

Each is a process of its own with all that changes bits: dropout, augmentation, averaging, a
schedule, early stopping. It is killed (SIGKILL) at a moment drawn evenly from the life of its run
folder, three in ten of them a second time while they are resumed; then weights, optimiser and
history must have the bytes of a run that was left alone.

    python benchmarks/kill.py --count 200 --engine torch
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

ENGINES = ("torch", "jax")
POLL_SECONDS = 0.002
MOST_SECONDS = 600  # for one process: longer, and it hangs
THREADS = {"torch": 1, "jax": 2}  # of JAX a shard of the batch each
AGAIN = 0.3  # of the resumed processes are killed too

NETWORK = """
conv 8 3x3 pad=same
relu
batchnorm
maxpool 2
dropout 0.2
conv 16 3x3
relu
maxpool 2
flatten
dropout 0.2
linear classes
"""


def experiment(engine: str) -> dict[str, object]:
    """About two seconds of training on one core, in more epochs than it needs."""
    return {
        "seed": 7,
        "engine": {"name": engine, "threads": THREADS[engine]},
        "data": {"limit": 1500},
        "network": {"text": NETWORK},
        "recipe": {
            "epochs": 12,
            "batch": 64,
            "optimiser": "adam",
            "augment": ["flip", "shift"],
            "averaging": "ema",
            "schedule": "cosine",
            "stopping": {"figure": "train_loss", "patience": 3, "min_change": 0.2},
        },
        "run": {"title": "killed", "checkpoints": {"keep": 2}},
    }


@dataclass(frozen=True)
class Killed:
    """What a process left when it was killed, and whether the resumed run ended the same."""

    step: int  # of its newest checkpoint
    writing: bool  # it died while a file was being written
    same: bool
    said: str  # the resumed process's last words, if it failed


class Lab:
    """A folder with one run that was left alone, and beside it those that are killed."""

    def __init__(self, engine: str, place: Path) -> None:
        self._place = place
        self._file = place / "experiment.json"
        self._file.write_text(json.dumps(experiment(engine)))
        whole = place / "whole"
        with self._training(str(self._file), "--out", str(whole)) as process:
            _wait_for(whole, process)
            began = perf_counter()
            _, said = process.communicate(timeout=MOST_SECONDS)
            assert process.returncode == 0, said
        self.life_seconds = perf_counter() - began
        self._result = _result(whole)

    def kill(self, number: int, seed: int) -> Killed:
        """Trains, kills, resumes and compares; `number` and `seed` say when it is killed."""
        chance = random.Random(f"{seed}/{number}")
        run = self._place / f"run-{number}"
        self._kill(run, self._life(chance), str(self._file), "--out", str(run))
        writing, step = bool(list(run.rglob("*.tmp"))), _newest_step(run)
        if chance.random() < AGAIN:
            self._kill(run, self._life(chance), "--resume", str(run))
            writing = writing or bool(list(run.rglob("*.tmp")))
        with self._training("--resume", str(run)) as process:
            _, said = process.communicate(timeout=MOST_SECONDS)
        same = process.returncode == 0 and _result(run) == self._result
        if same:
            shutil.rmtree(run)
        return Killed(step, writing, same, said)

    def _life(self, chance: random.Random) -> float:
        return chance.uniform(0, self.life_seconds)

    def _kill(self, run: Path, after_seconds: float, *words: str) -> None:
        before = _mark(run)
        with self._training(*words) as process:
            _wait_for(run, process, before)
            sleep(after_seconds)
            process.kill()

    def _training(self, *words: str) -> "subprocess.Popen[str]":
        state = {**os.environ, "IMAGETTE_STATE": str(self._place / "state")}
        return subprocess.Popen(
            [sys.executable, "-m", "imagette", "train", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=state,
        )


def _wait_for(run: Path, process: "subprocess.Popen[str]", before: int | None = None) -> None:
    """Until the process has made its run folder, or has begun to change the one that was there."""
    while process.poll() is None and _mark(run) == before:
        sleep(POLL_SECONDS)


def _mark(run: Path) -> int | None:
    """When a run's last checkpoint was named; None before there is one."""
    path = run / "last.json"
    return path.stat().st_mtime_ns if path.exists() else None


def _newest_step(run: Path) -> int:
    names = (path.name for path in (run / "checkpoints").iterdir())
    return max(int(name) for name in names if name.isdecimal())


def _result(run: Path) -> dict[str, bytes]:
    """What must be equal: history, the weights and the optimiser of every checkpoint kept."""
    files = [run / "history.jsonl", run / "last.json", *run.glob("checkpoints/*/*.safetensors")]
    return {str(path.relative_to(run)): path.read_bytes() for path in files if path.exists()}


def outcomes(engine: str, count: int, seed: int, place: Path) -> Iterator[Killed]:
    lab = Lab(engine, place)
    print(f"{engine}: left alone it lives {lab.life_seconds:.1f} s", flush=True)
    yield from (lab.kill(number, seed) for number in range(count))


def report(engine: str, count: int, seed: int, place: Path) -> bool:
    """Prints how many survived; True if all did."""
    told: Counter[str] = Counter()
    for number, killed in enumerate(outcomes(engine, count, seed, place), start=1):
        told.update(same=killed.same, writing=killed.writing, start=killed.step == 0)
        if not killed.same:
            print(f"  number {number - 1} differs, kept in {place}: {killed.said}", flush=True)
        if number % 10 == 0 or number == count:
            print(
                f"{engine}: {number} killed, {told['same']} survived bit for bit; "
                f"{told['writing']} died while writing a file, {told['start']} before their first "
                "epoch was kept",
                flush=True,
            )
    return told["same"] == count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="for each engine")
    parser.add_argument("--engine", choices=ENGINES, help="both if left out")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    asked = parser.parse_args()
    survived = []
    for engine in [asked.engine] if asked.engine else ENGINES:
        place = Path(tempfile.mkdtemp(prefix=f"imagette-kill-{engine}-"))
        survived.append(report(engine, asked.count, asked.seed, place))
        if survived[-1]:
            shutil.rmtree(place)
    return int(not all(survived))


if __name__ == "__main__":
    sys.exit(main())
