"""A variant's curve: its accuracy after each epoch, over the seeds that count."""

from collections.abc import Sequence
from statistics import fmean

from imagette.report.comparison import Curve
from imagette.run.figures import RunFigures


def curve_of(name: str, runs: Sequence[RunFigures], split: str) -> Curve | None:
    """Mean and range of the runs' accuracy on `split`, and the mean of their seconds.

    Only the epochs that all have measured are drawn: an early end of one seed must not look like
    a jump of the mean. None if there is none.
    """
    measured = [_measured(run, split) for run in runs]
    epochs = [epoch for epoch in measured[0] if all(epoch in one for one in measured)]
    if not epochs:
        return None
    points = [[one[epoch] for one in measured] for epoch in epochs]
    accuracies = [[accuracy for _, accuracy in point] for point in points]
    return Curve(
        name=name,
        epochs=tuple(epochs),
        seconds=tuple(fmean(seconds for seconds, _ in point) for point in points),
        accuracy=tuple(fmean(point) for point in accuracies),
        lowest=tuple(min(point) for point in accuracies),
        highest=tuple(max(point) for point in accuracies),
        n=len(runs),
    )


def _measured(run: RunFigures, split: str) -> dict[int, tuple[float, float]]:
    """By epoch, the seconds of training up to its end and the accuracy then, where measured."""
    key = f"{split}_accuracy"
    return {
        int(row["epoch"]): (seconds, float(row[key]))
        for row, seconds in zip(run.history, run.seconds, strict=True)
        if row.get(key) is not None
    }
