"""The runs of a comparison as one network, from the answers that they kept."""

from imagette.errors import UsageError
from imagette.evaluate.ensemble import Answers, Ensemble, ensemble
from imagette.run.compare import Comparison
from imagette.run.figures import RunFigures, answers, not_kept


def ensemble_of(comparison: Comparison) -> Ensemble:
    """The mean of the probabilities of all runs that count in the comparison; nothing is trained.

    Raises UsageError, naming the run, for runs judged on different splits, or without the answers
    of their last weights, or with no images in common.
    """
    if len(comparison.splits) != 1:
        found = " and ".join(comparison.splits) or "nothing yet"
        raise UsageError(f"An ensemble needs runs judged on one split. Got {found}.")
    (split,) = comparison.splits
    runs = [run for variant in comparison.variants for run in variant.counted]
    return ensemble([(str(run.path), _answers(run, split)) for run in runs])


def _answers(run: RunFigures, split: str) -> Answers:
    found = answers(run, split)
    if found is None:
        raise UsageError(f"An ensemble cannot be made: {not_kept(run, split)}.")
    return found
