"""How many more steps fit into a time budget, from what those behind took."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil
from statistics import median

from imagette.errors import UsageError
from imagette.recipe.horizon import Leg
from imagette.train.events import Position

AIM = 0.985  # of the budget: where the training is planned to be over, its last evaluation included
# So far the expected end may move before there is a new plan: of the budget, or of what is left of
# it where that is more, for early on a guess of the whole is coarse and there is time to mend it.
DRIFT, EARLY_DRIFT = 0.004, 0.1
RECENT = 9  # a stall of one chunk moves no median of so many; a machine that slowed down does
KEPT = 1000  # chunks
# Plans follow the chunks of so much of the budget, or of what is left of it where that is less: a
# shared machine's speed sways by a tenth from one second to the next, and a schedule should not.
SPAN, LATE_SPAN = 0.02, 0.1
LOOK = 0.005  # of the budget: about so long steps are taken without a look at the clock
FEWEST = 3  # chunks that are measured before the first plan


@dataclass(frozen=True)
class TimeBudget:
    """So many seconds from the command's start; those of earlier processes of a run count."""

    seconds: float
    began: float  # the clock's reading when this process began
    spent_before: float = 0.0
    ending: float = 0.0  # for what comes after the last epoch: the run is judged and kept

    def spent(self, now: float) -> float:
        return self.spent_before + now - self.began

    def span(self, now: float) -> float:
        """The seconds behind now that tell how long those ahead will be."""
        return min(SPAN * self.seconds, LATE_SPAN * (self.seconds - self.spent(now)))


@dataclass(frozen=True)
class Pace:
    """What the latest chunks took a step, and what the ends of epochs took, in seconds.

    A step is one on pictures as they are; one on smaller pictures counts as its share of that.

    >>> Pace().stepped(1.0, 10).stepped(90.0, 10).stepped(1.2, 10).step_seconds
    0.12
    """

    steps: tuple[float, ...] = ()
    rests: tuple[float, ...] = ()  # evaluation, checkpoint, and what the reader of events does
    ending: float = 0.0  # after the last epoch
    chunks: tuple[float, ...] = ()  # what each took as a whole

    def stepped(self, seconds: float, num_steps: float) -> "Pace":
        steps, chunks = (*self.steps, seconds / num_steps), (*self.chunks, seconds)
        return replace(self, steps=steps[-KEPT:], chunks=chunks[-KEPT:])

    def latest(self, seconds: float) -> "Pace":
        """Of the last chunks that took so long together, of RECENT at the least.

        >>> pace = Pace()
        >>> for second in range(100):
        ...     pace = pace.stepped(1.0, 1 if second < 60 else 2)
        >>> pace.step_seconds, pace.latest(50.0).step_seconds, len(pace.latest(0.0).steps)
        (1.0, 0.5, 9)
        """
        behind = accumulate(reversed(self.chunks))
        number = max(RECENT, sum(1 for so_far in behind if so_far <= seconds))
        return replace(self, steps=self.steps[-number:], chunks=self.chunks[-number:])

    def at(self, work: float) -> "Pace":
        """The pace of steps each of which is so many."""
        return replace(self, steps=tuple(work * seconds for seconds in self.steps))

    def rested(self, seconds: float) -> "Pace":
        return replace(self, rests=(*self.rests, seconds)[-RECENT:])

    @property
    def step_seconds(self) -> float:
        return median(self.steps) if self.steps else 0.0

    @property
    def rest_seconds(self) -> float:
        return max(self.rests, default=0.0)

    def needed(self, num_steps: int, step_in_epoch: int, steps_per_epoch: int) -> float:
        """Seconds for so many more steps, each epoch's end included, and to end the run."""
        ends = ceil((step_in_epoch + num_steps) / steps_per_epoch)
        return num_steps * self.step_seconds + ends * self.rest_seconds + self.ending

    def fitting(self, seconds: float, step_in_epoch: int, steps_per_epoch: int) -> int:
        """The most steps that need no more than these seconds; 0 if not even one fits.

        >>> Pace((0.1,), (1.0,), ending=1.5).fitting(11.5, 0, 50)  # an epoch of 5 s, its end 1 s
        80
        """
        step, rest = self.step_seconds, self.rest_seconds
        left = seconds - self.ending
        ends = (left + step_in_epoch * step) / max(steps_per_epoch * step + rest, 1e-12)
        tried = (
            min(number * steps_per_epoch - step_in_epoch, int((left - number * rest) / step))
            for number in {max(1, int(ends)), max(1, ceil(ends))}
        )
        return max(0, *tried)

    def steps_in(self, seconds: float) -> int | None:
        """How many steps take so long, at least one; None before any was taken."""
        return max(1, int(seconds / self.step_seconds)) if self.steps else None


@dataclass(frozen=True)
class Plan:
    """A new leg of the horizon, and why, in words."""

    leg: Leg
    because: str


def replanned(
    budget: TimeBudget,
    pace: Pace,
    now: float,
    position: Position,
    steps_per_epoch: int,
    planned: Sequence[Leg],
    most_steps: int,
) -> Plan | None:
    """A new plan, where the one there is would not end as it should; None to keep it.

    `planned` are the plans so far; without one, the recipe's `most_steps` are what is planned.
    """
    first = not planned
    if len(pace.steps) < (FEWEST if first else 1):
        return None
    spent, step = budget.spent(now), position.step
    end = planned[-1].end if planned else most_steps
    expected = spent + pace.needed(end - step, position.step_in_epoch, steps_per_epoch)
    left = AIM * budget.seconds - spent
    early, drift = left + spent - expected, max(DRIFT * budget.seconds, EARLY_DRIFT * left)
    if end == most_steps and early >= 0:
        return None
    if not first and abs(early) <= drift:
        return None
    fitting = pace.fitting(left, position.step_in_epoch, steps_per_epoch)
    new_end = min(most_steps, step + fitting)
    if new_end == end:
        return None
    return Plan(Leg(step, new_end), _because(budget, pace, spent, new_end / steps_per_epoch))


def _because(budget: TimeBudget, pace: Pace, spent: float, epochs: float) -> str:
    return (
        f"{epochs:.2f} epochs fit: after {spent:.1f} of {budget.seconds:.0f} s a step takes "
        f"{1000 * pace.step_seconds:,.1f} ms and the end of an epoch {pace.rest_seconds:.2f} s"
    )


def refuse_too_short(budget: TimeBudget, pace: Pace, now: float, steps_per_epoch: int) -> None:
    """Before the first step: there must be time for one, for its evaluation and for the end."""
    spent, needed = budget.spent(now), pace.needed(1, 0, steps_per_epoch)
    if spent + needed > budget.seconds:
        raise UsageError(
            f"budget.minutes = {budget.seconds / 60:.3g} is {budget.seconds:.1f} s, of which "
            f"set-up and the first evaluation took {spent:.1f}; another evaluation and the run's "
            f"end need {needed:.1f} more, so no training fits. Give more, or a smaller network."
        )
