"""What is said before a training, by `train` and by `plan` alike."""

from collections.abc import Iterable, Iterator

from imagette.recipe.budget import Limit
from imagette.train.events import Decision


def limit_lines(limits: Iterable[Limit]) -> Iterator[str]:
    """What is used of each limit of a budget."""
    for limit in limits:
        yield f"budget   {limit.has:,} of {limit.most:,} {limit.unit}"


def decision_text(decision: Decision) -> str:
    """What was taken of what the experiment left open, and why."""
    return f"{decision.what} = {decision.value}: {decision.because}"


def setup_line(setup_seconds: float, warm_up_seconds: float) -> str:
    """How long set-up took, and how much of it were first steps and their compilation."""
    return (
        f"set-up   {setup_seconds:.1f} s, of which {warm_up_seconds:.1f} s for the "
        "first steps and what they compile"
    )
