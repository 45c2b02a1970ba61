"""What a user waits for before anything is trained: start-up, tables, opening data.

Each row is the median and the range of `--runs` fresh measurements; commands are whole processes.
Needs CIFAR-10 in the cache (`imagette data get cifar10`).

    python benchmarks/startup.py
"""

import argparse
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

from imagette.data.dataset import open_data
from imagette.data.spec import DataSpec
from imagette.network import cost_table, named, walk


def command(*words: str) -> Callable[[], object]:
    whole = [sys.executable, "-m", "imagette", *words]
    return lambda: subprocess.run(whole, check=True, capture_output=True)


ROWS: dict[str, tuple[Callable[[], object], float]] = {
    "imagette --help": (command("--help"), 0.3),
    "imagette describe resnet20": (command("describe", "resnet20"), 0.5),
    "walk and cost table of resnet20": (
        lambda: cost_table(walk(named("resnet20"), (3, 32, 32))),
        0.03,
    ),
    "open cifar10 again": (lambda: open_data(DataSpec(name="cifar10")), 0.2),
    "open fashion-sample again": (lambda: open_data(DataSpec()), 0.2),
}


def seconds(action: Callable[[], object]) -> float:
    began = perf_counter()
    action()
    return perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    print(f"{'':34} {'median s':>9} {'range':>15} {'aim s':>6}   n = {runs}")
    for name, (action, aim) in ROWS.items():
        action()
        found = [seconds(action) for _ in range(runs)]
        print(f"{name:34} {median(found):9.3f} {min(found):7.3f}-{max(found):.3f} {aim:6.2f}")


if __name__ == "__main__":
    main()
