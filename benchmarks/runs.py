"""What a user waits for to see a list of runs: a made tree of 1,000 of them, ten epochs each.

Each row is the median and the range of `--runs` fresh processes; the files are in the system's
memory, as they are after the first time.

    python benchmarks/runs.py
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from imagette.experiment import Experiment, resolved
from imagette.network import cost_table, named, to_text, walk
from imagette.store.folder import RunFolder
from imagette.store.provenance import environment

NUM_RUNS = 1000
EPOCHS = 10
AIM = 2.0  # seconds


def make(root: Path) -> None:
    """Run folders with all that a list reads; no checkpoints, no pictures."""
    network = named("vgg8")
    cost = cost_table(walk(network, (3, 32, 32), 10)).as_json()
    about = environment()
    for number in range(NUM_RUNS):
        title = f"title {number % 20}"
        experiment = Experiment(seed=number, run={"title": title})
        folder = RunFolder.create(
            root, title, None, resolved(experiment), to_text(network), cost, about
        )
        for epoch in range(EPOCHS + 1):
            figures = {"validation_loss": 2 / (1 + epoch), "validation_accuracy": epoch / 11}
            folder.append_history({"epoch": epoch, "step": 100 * epoch, "rate": 0.1, **figures})
        folder.append_note("made for a measurement")
        folder.write_finished("all epochs are done", EPOCHS, 1000, {"train_seconds": 1.0})


def command(*words: str) -> Callable[[], object]:
    whole = [sys.executable, "-m", "imagette", *words]
    return lambda: subprocess.run(whole, check=True, capture_output=True)


def seconds(action: Callable[[], object]) -> float:
    began = perf_counter()
    action()
    return perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as root:
        make(Path(root))
        print(f"{NUM_RUNS} runs{'':24} {'median s':>9} {'range':>15} {'aim s':>6}   n = {runs}")
        for words in (("runs", "list", root), ("runs", "list", root, "--json")):
            action = command(*words)
            action()
            found = [seconds(action) for _ in range(runs)]
            name = " ".join(["imagette", *words]).replace(root, "FOLDER")
            print(f"{name:33} {median(found):9.3f} {min(found):7.3f}-{max(found):.3f} {AIM:6.2f}")


if __name__ == "__main__":
    main()
