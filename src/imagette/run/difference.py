"""By how much one variant's accuracy differs from another's, or why that cannot be said."""

from collections.abc import Sequence

from imagette.evaluate.comparison import Difference, over_images, over_seeds, same_images
from imagette.run.figures import RunFigures, answers, not_kept

# What decides which images a split holds: what was asked of the data, and what was found there.
_CHOICE = {
    "validation": ("name", "args", "validation", "split_seed"),
    "test": ("name", "args"),
    "train": ("name", "args", "validation", "split_seed", "limit"),
}
_FOUND = {"validation": ("digest", "validation"), "test": ("digest",), "train": ("digest", "train")}


def difference_of(
    runs: Sequence[RunFigures], others: Sequence[RunFigures], split: str | None
) -> Difference | str:
    """The paired difference of the first variant's runs from the other's, or a reason for none.

    Over the seeds that both have, if there are two or more; else on the same images, of one run
    each: of the seed that both have, or of the lowest.
    """
    if split is None or not runs or not others:
        return "no finished run on one side"
    if _images(runs[0], split) != _images(others[0], split):
        return "judged on other images"
    mine = {run.summary.seed: run for run in runs}
    theirs = {run.summary.seed: run for run in others}
    shared = sorted(mine.keys() & theirs.keys())
    if len(shared) > 1:
        return over_seeds(
            [mine[seed].accuracies[split] for seed in shared],
            [theirs[seed].accuracies[split] for seed in shared],
        )
    if shared:
        return _on_images(mine[shared[0]], theirs[shared[0]], split)
    return _on_images(mine[min(mine)], theirs[min(theirs)], split)


def _images(run: RunFigures, split: str) -> tuple[object, ...]:
    asked, found = run.resolved["data"], run.data
    return (
        *(asked.get(key) for key in _CHOICE[split]),
        *(found.get(key) for key in _FOUND[split]),
    )


def _on_images(run: RunFigures, other: RunFigures, split: str) -> Difference | str:
    found = []
    for one in (run, other):
        kept = answers(one, split)
        if kept is None:
            return not_kept(one, split)
        found.append(kept)
    first, second = found
    at, other_at = same_images(first.digests, second.digests)
    if not len(at):
        return "judged on other images"
    return over_images(first.correct[at], second.correct[other_at])
