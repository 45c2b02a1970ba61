"""What it costs a training that trackers are told beside it.

The same training with and without `run.track`, in turn, each a process of its own: its seconds of
training as `timings.jsonl` has them, and those of the whole command, the wait at the end included.
Ratios are medians of the rounds' quotients; the first round is left out.

    python -m benchmarks.tracking --rounds 7 --epochs 5
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from imagette.store.folder import RunFolder

TRACK = 'run.track=["tensorboard",{name="wandb",mode="offline"}]'


@dataclass(frozen=True)
class Spent:
    """Seconds of the epochs' training, and of the whole command."""

    training: float
    command: float


def trained(experiment: str, epochs: int, settings: Sequence[str], out: Path) -> Spent:
    words = [f"recipe.epochs={epochs}", *settings]
    options = [part for word in words for part in ("--set", word)]
    command = [sys.executable, "-m", "imagette", "train", experiment, "--out", str(out), *options]
    began = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took = perf_counter() - began
    return Spent(sum(row["train_seconds"] for row in RunFolder(out).timings()), took)


def rounds(experiment: str, epochs: int, count: int, place: Path) -> list[tuple[Spent, Spent]]:
    """Without and with trackers, in an order that changes from round to round."""
    found = []
    for number in range(count + 1):
        ways: list[tuple[bool, list[str]]] = [(False, []), (True, [TRACK])]
        spent = {
            told: trained(experiment, epochs, settings, place / f"{number}-{told}")
            for told, settings in (ways if number % 2 else reversed(ways))
        }
        found.append((spent[False], spent[True]))
    return found[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiment", default="first_light", help="a file, or a shipped name")
    parser.add_argument("--rounds", type=int, default=7, help="that count; one more comes before")
    parser.add_argument("--epochs", type=int, default=5, help="of each training")
    asked = parser.parse_args()
    if asked.rounds < 1:
        parser.error("--rounds must be at least 1")
    with TemporaryDirectory(ignore_cleanup_errors=True) as place:  # one may still be told
        found = rounds(asked.experiment, asked.epochs, asked.rounds, Path(place))
    print(f"{asked.experiment}, epochs: {asked.epochs}, n = {len(found)}: with / without trackers")
    for name in ("training", "command"):
        quotients = [getattr(told, name) / getattr(alone, name) for alone, told in found]
        seconds = median(getattr(alone, name) for alone, _ in found)
        spread = f"{min(quotients):.3f} to {max(quotients):.3f}"
        print(f"{name:9} {median(quotients):.3f} ({spread}), of {seconds:.2f} s")


if __name__ == "__main__":
    main()
