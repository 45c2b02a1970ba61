"""What tells one variant's accuracy from another's, or why that cannot be said."""

from collections.abc import Collection, Sequence

import numpy as np

from imagette.evaluate.bootstrap import ByImage
from imagette.evaluate.comparison import (
    Evidence,
    over_images,
    over_other_images,
    over_seeds,
    same_images,
)
from imagette.evaluate.ensemble import Answers
from imagette.run.figures import KeptAnswers, RunFigures, not_kept

# What decides which images a split holds: the data set, then how it was cut, as asked and found.
_CUT = {
    "validation": ("validation", "split_seed"),
    "test": (),
    "train": ("validation", "split_seed", "limit"),
}
LEAST_SHARED = (
    0.5  # of the smaller set: with fewer images in common, pairing wastes more than it wins
)


def evidence_of(
    runs: Sequence[RunFigures], others: Sequence[RunFigures], split: str | None, kept: KeptAnswers
) -> Evidence | str:
    """The difference of the first variant's runs from the other's, or a reason for none.

    Over the seeds that both have, if there are two or more; else on the same images, found by
    their digests, of one run each: of the seed that both have, or of the lowest. Images of which
    the two share too few are compared without pairing.
    """
    if split is None or not runs or not others:
        return "no finished run on one side"
    if _data_set(runs[0]) != _data_set(others[0]):
        return "judged on another data set"
    mine = {run.summary.seed: run for run in runs}
    theirs = {run.summary.seed: run for run in others}
    shared = sorted(mine.keys() & theirs.keys())
    if len(shared) > 1 and _cut(runs[0], split) == _cut(others[0], split):
        return _on_seeds([mine[at] for at in shared], [theirs[at] for at in shared], split, kept)
    seed, other_seed = one_seed_each(mine, theirs)
    return _on_images(mine[seed], theirs[other_seed], split, kept)


def one_seed_each(mine: Collection[int], theirs: Collection[int]) -> tuple[int, int]:
    """Of which seeds one training each is compared: the lowest that both have, or of each.

    >>> one_seed_each([2, 1, 0], [2, 3, 1]), one_seed_each([1, 0], [3, 2])
    ((1, 1), (0, 2))
    """
    shared = {*mine} & {*theirs}
    return (min(shared), min(shared)) if shared else (min(mine), min(theirs))


def _data_set(run: RunFigures) -> tuple[object, ...]:
    asked = run.resolved["data"]
    return asked.get("name"), asked.get("args"), run.data.get("digest")


def _cut(run: RunFigures, split: str) -> tuple[object, ...]:
    asked = run.resolved["data"]
    return *(asked.get(key) for key in _CUT[split]), run.data.get(split)


def _on_seeds(
    runs: Sequence[RunFigures], others: Sequence[RunFigures], split: str, kept: KeptAnswers
) -> Evidence:
    mine, theirs = ([run.accuracies[split] for run in side] for side in (runs, others))
    return Evidence(over_seeds(mine, theirs), _by_image(runs, others, split, kept))


def _by_image(
    runs: Sequence[RunFigures], others: Sequence[RunFigures], split: str, kept: KeptAnswers
) -> ByImage | None:
    """The mean over seeds of what each image tells; None where not all answers were kept."""
    pairs = [
        (kept.of(run, split), kept.of(other, split))
        for run, other in zip(runs, others, strict=True)
    ]
    found = [
        first.correct[at].astype(np.float64) - second.correct[other_at]
        for first, second in pairs
        if first is not None and second is not None
        for at, other_at in [same_images(first.digests, second.digests)]
    ]
    if len(found) < len(pairs) or len({len(one) for one in found}) > 1 or not len(found[0]):
        return None
    mean: ByImage = np.mean(found, axis=0)
    return mean


def _on_images(run: RunFigures, other: RunFigures, split: str, kept: KeptAnswers) -> Evidence | str:
    found: list[Answers] = []
    for one in (run, other):
        answers = kept.of(one, split)
        if answers is None:
            return not_kept(one, split)
        found.append(answers)
    first, second = found
    at, other_at = same_images(first.digests, second.digests)
    if not len(first.labels) or not len(second.labels):
        return "judged on no image"
    if len(at) < LEAST_SHARED * min(len(first.labels), len(second.labels)):
        n, other_n = len(first.labels), len(second.labels)
        unpaired = over_other_images(
            float(first.correct.mean()), n, float(second.correct.mean()), other_n
        )
        return Evidence(unpaired)
    return over_images(first.correct[at], second.correct[other_at])
