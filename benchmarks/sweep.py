"""What two trials at a time gain over one after another, on a sweep of small networks.

The same sweep of `--trials` seeds runs with one worker (each trial with all cores) and with two
(each with one thread), in turn, `--rounds` times. Seconds are of the whole sweep, processes started
included. The aim of the ratio is 1.5 on two cores, on a machine that does nothing else.

    python benchmarks/sweep.py
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from imagette.machine import usable_cores
from imagette.sweep.events import SweepEnded
from imagette.sweep.run import run_sweep
from imagette.sweep.spec import Sweep
from imagette.sweep.trials import plan_trials

AIM = 1.5
WORKERS = (1, 2)


def seconds(sweep: Sweep, workers: int) -> float:
    trials = plan_trials(sweep)
    with tempfile.TemporaryDirectory() as folder:
        began = perf_counter()
        *_, ended = run_sweep(sweep, trials, workers=workers, out=Path(folder) / "sweep")
        spent = perf_counter() - began
    if not (isinstance(ended, SweepEnded) and all(one.finished for one in ended.outcomes)):
        raise SystemExit("a trial failed: nothing was measured")
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="cnn_mnist")
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=9000, help="training images")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    sweep = Sweep(
        title="benchmark",
        base={
            "network": {"name": asked.network},
            "data": {"limit": asked.limit},
            "recipe": {"epochs": asked.epochs},
        },
        seeds=asked.trials,
    )
    print(
        f"{asked.trials} trials of {asked.network}, {asked.epochs} epochs of at most "
        f"{asked.limit:,} images, {usable_cores()} cores"
    )
    found: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    for number in range(asked.rounds):
        for workers in WORKERS:
            found[workers].append(seconds(sweep, workers))
        alone, together = (found[workers][-1] for workers in WORKERS)
        print(f"round {number + 1}: {alone:7.1f} s and {together:7.1f} s, {alone / together:.2f}")
    alone, together = (median(found[workers]) for workers in WORKERS)
    print(
        f"median:  {alone:7.1f} s one after another, {together:7.1f} s two at a time: "
        f"ratio {alone / together:.2f} (aim {AIM})   n = {asked.rounds}"
    )


if __name__ == "__main__":
    main()
