"""How far a training goes, in steps, and what share of its schedule is behind it at every step.

Usually known from the start. Under a time budget it is planned from measured speed, and planned
anew when the machine slows down or speeds up: a leg begins at the step where the plan changed, with
the share reached by then, and runs evenly to 1 at its own last step. So a rate never jumps because
of a new plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Progress = NDArray[np.float64]


@dataclass(frozen=True)
class Leg:
    """From step `begin` on, `end` steps are planned in all."""

    begin: int
    end: int


@dataclass(frozen=True)
class Horizon:
    """The legs of a training, in order; each takes over where its predecessor was left.

    >>> plan = Horizon((Leg(0, 10),))
    >>> shortened = plan.changed(Leg(4, 7))
    >>> shortened.num_steps, shortened.progress(np.array([0, 4, 6])).round(2).tolist()
    (7, [0.0, 0.4, 0.8])
    """

    legs: tuple[Leg, ...]

    @classmethod
    def of(cls, num_steps: int, rising: int = 0, changes: Iterable[Leg] = ()) -> "Horizon":
        """So many steps, of which the first `rising` come before the schedule; then the changes."""
        horizon = cls((Leg(min(num_steps, rising), num_steps),))
        for leg in changes:
            horizon = horizon.changed(leg)
        return horizon

    @property
    def num_steps(self) -> int:
        """As planned now."""
        return self.legs[-1].end

    def changed(self, leg: Leg) -> "Horizon":
        """With a new plan, which moves nothing of what is behind it."""
        begin = max(leg.begin, self.legs[0].begin)
        kept = tuple(one for one in self.legs if one.begin < begin)
        return Horizon((*kept, Leg(begin, leg.end)))

    def progress(self, steps: NDArray[np.integer]) -> Progress:
        """The share of the schedule that is behind each of these steps, from 0 to below 1."""
        share, found = 0.0, np.zeros(len(steps))
        for leg, following in zip(self.legs, (*self.legs[1:], None), strict=True):
            here = self._along(leg, share, steps)
            found = np.where(steps >= leg.begin, here, found)
            if following:
                share = float(self._along(leg, share, np.array([following.begin]))[0])
        return found

    @staticmethod
    def _along(leg: Leg, share: float, steps: NDArray[np.integer]) -> Progress:
        return share + (1 - share) * ((steps - leg.begin) / max(1, leg.end - leg.begin))
