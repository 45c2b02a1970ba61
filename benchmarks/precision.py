"""What training in bfloat16 does to accuracy: the same experiment in both precisions, seed by seed.

Seeds share their validation images (`data.split_seed`), which are what is judged, in float32; the
test set stays closed. The aim is a mean within half a point of float32's.

    python -m benchmarks.precision resnet8_cifar --epochs 3 --seeds 3
"""

import argparse
from collections.abc import Sequence
from math import sqrt
from statistics import mean, stdev
from tempfile import TemporaryDirectory

from imagette import load, train_experiment
from imagette.run.train import Ended
from imagette.store.provenance import environment

PRECISIONS = ("float32", "bfloat16")
AIM = 0.5  # points


def trained(name: str, settings: Sequence[str]) -> Ended:
    *_, ended = train_experiment(load(name, settings))
    assert isinstance(ended, Ended), "nobody asked it to stop"
    return ended


def summary(found: dict[str, list[float]]) -> str:
    """Mean and deviation of each precision, and of what one seed's two trainings differ by."""
    differences = [b - a for a, b in zip(*(found[one] for one in PRECISIONS), strict=True)]
    lines = [
        f"{name:22} {mean(values):6.2f} ± {stdev(values):.2f} %" for name, values in found.items()
    ]
    error = stdev(differences) / sqrt(len(differences))
    kept = "within" if abs(mean(differences)) <= AIM else "NOT within"
    lines.append(
        f"{'bfloat16 - float32':22} {mean(differences):+6.2f} ± {stdev(differences):.2f} points, "
        f"standard error {error:.2f}: the mean is {kept} {AIM} points"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", nargs="?", default="resnet8_cifar")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], help="key=value, as train takes it")
    asked = parser.parse_args()
    found: dict[str, list[float]] = {name: [] for name in PRECISIONS}
    for seed in range(asked.seeds):
        for precision in PRECISIONS:
            with TemporaryDirectory() as folder:
                settings = [
                    *(f"seed={seed}", f"engine.precision={precision}", f"run.folder={folder}"),
                    *(f"engine.threads={asked.threads}", f"recipe.epochs={asked.epochs}"),
                    "evaluation.test=sealed",
                    *asked.set,
                ]
                ended = trained(asked.experiment, settings)
            found[precision].append(100 * ended.evaluation.accuracy)
            told = f"{ended.evaluation.n:,} validation images"
            print(f"seed {seed}  {precision:9} {found[precision][-1]:.2f} % of {told}", flush=True)
    made_on = environment()
    print(
        f"\n{asked.experiment}, {asked.epochs} epochs, n = {asked.seeds} seeds, {asked.threads} "
        f"thread, torch {made_on['torch']}, {made_on['processor']}"
    )
    print(summary(found))


if __name__ == "__main__":
    main()
