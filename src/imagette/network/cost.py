"""What computing something costs, counted in elementary operations."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Counts of elementary operations: a monoid, so the costs of parts add up to that of the whole.

    A subtraction is an addition; changing a sign, moving and copying are free.

    >>> Cost(multiplications=2, additions=1) * 3 + Cost(maximums=4)
    Cost(multiplications=6, additions=3, maximums=4, divisions=0, transcendentals=0, comparisons=0)
    """

    multiplications: int = 0
    additions: int = 0
    maximums: int = 0
    divisions: int = 0
    transcendentals: int = 0  # exp, log, erf, tanh, 1 / sqrt
    comparisons: int = 0

    # Spelt out, because a walk adds and scales some hundred costs and `fields()` is slow.
    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.multiplications + other.multiplications,
            self.additions + other.additions,
            self.maximums + other.maximums,
            self.divisions + other.divisions,
            self.transcendentals + other.transcendentals,
            self.comparisons + other.comparisons,
        )

    def __mul__(self, times: int) -> "Cost":
        return Cost(
            self.multiplications * times,
            self.additions * times,
            self.maximums * times,
            self.divisions * times,
            self.transcendentals * times,
            self.comparisons * times,
        )

    @property
    def total(self) -> int:
        """Multiplications, additions and maximums, as the courses add them up; no other kind."""
        return self.multiplications + self.additions + self.maximums

    def as_json(self) -> dict[str, int]:
        return {kind: getattr(self, kind) for kind in KINDS}


KINDS = tuple(Cost.__dataclass_fields__)
OPERATIONS = KINDS[:3]
"""Multiplications, additions and maximums: what sums of operations mean; others are told apart."""
