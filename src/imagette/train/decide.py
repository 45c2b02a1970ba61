"""What a time budget asks for while a training runs: decisions, and what they do to its plans."""

from collections.abc import Iterator
from dataclasses import asdict, replace

from imagette.recipe.horizon import Leg
from imagette.train.events import Decision, Position
from imagette.train.pace import LOOK, Pace, TimeBudget, replanned
from imagette.train.plan import Planner

STEPS, CHUNK = "steps", "chunk"
"""What decisions are called: on the length of a training, and on that of its plans, in steps."""

CLEARLY = 2  # times longer or shorter than it is a plan should be, before there is a decision


def decisions(
    budget: TimeBudget, pace: Pace, now: float, position: Position, planner: Planner
) -> Iterator[Decision]:
    """What should change after the steps so far; nothing, most of the time.

    Plans that were made before this process are repeated: there is none before the last of them.
    """
    pace = pace.latest(budget.span(now))
    length = _length(budget, pace, position, planner)
    if length:
        yield length
    if planner.changes and position.step < planner.changes[-1].begin:
        return
    another = replanned(
        budget,
        pace.at(planner.work_ahead(position.step)),
        now,
        position,
        planner.steps_per_epoch,
        planner.changes,
        planner.most_steps,
    )
    if another:
        yield Decision(STEPS, asdict(another.leg), another.because)


def decided(decision: Decision, planner: Planner) -> Planner:
    """The planner that does as was decided."""
    if decision.what == CHUNK:
        return replace(planner, longest=decision.value)
    return replace(planner, changes=(*planner.changes, Leg(**decision.value)))


def length_remarks(planner: Planner) -> Iterator[str]:
    """What parts of a recipe cannot do in a training of the length that is planned, a line each."""
    recipe, steps = planner.recipe, planner.horizon.num_steps
    epochs, warmup = steps / planner.steps_per_epoch, recipe.schedule.warmup
    if 0 < epochs <= warmup:
        yield (
            f"recipe.schedule.warmup = {warmup:g} epochs, but the training has {epochs:.4g}: the "
            "rate never reaches its full value; give it more epochs or time, or less warm-up"
        )
    if recipe.averaging and 0 < steps < recipe.averaging.every:
        yield (
            f"recipe.averaging.every = {recipe.averaging.every:,} steps, but the training has "
            f"{steps:,}: the averages, which are judged and kept, stay at the first weights; "
            "take fewer"
        )


def _length(
    budget: TimeBudget, pace: Pace, position: Position, planner: Planner
) -> Decision | None:
    """Plans as long as the clock may go unread, once those there are clearly are not."""
    work = planner.work(planner.size(position.epoch))
    fitting = pace.at(work).steps_in(LOOK * budget.seconds)
    wanted, is_now = min(planner.chunk, fitting or planner.chunk), planner.length
    if CLEARLY * min(wanted, is_now) > max(wanted, is_now):
        return None
    return Decision(CHUNK, wanted, f"so many steps take about {LOOK:.1%} of the time budget")
