"""From the rates of all rounds to two tables: the same for all, and each at its best."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

REFERENCES = ("plain", "bare", "keras-jax")
"""The contenders that the others' rates are divided by."""


@dataclass(frozen=True)
class Line:
    """One contender with one setting: a value for each round."""

    setting: str
    rates: Sequence[float]  # images a second
    first_seconds: Sequence[float]


def best(lines: Sequence[Line]) -> Line:
    """The line with the highest median rate, the earlier of two that are equal."""
    return max(lines, key=lambda line: median(line.rates))


def ratio(line: Line, reference: Line) -> float:
    """The median of the quotients round by round, for a machine's speed drifts between rounds."""
    return median(a / b for a, b in zip(line.rates, reference.rates, strict=True))


def table(lines: Mapping[str, Line], failures: Mapping[str, str]) -> str:
    """A row for each contender, its ratios to `REFERENCES`; why others have none, below."""
    return "\n".join([_head(), *_rows(lines), *(f"{n:15} {why}" for n, why in failures.items())])


def _head() -> str:
    references = "".join(f"{f'/ {name}':>12}" for name in REFERENCES)
    return f"{'':15} {'images/s':>9} {'range':>15}{references} {'first epoch s':>14}  setting"


def _rows(lines: Mapping[str, Line]) -> Iterator[str]:
    for name, line in lines.items():
        against = (lines.get(reference) for reference in REFERENCES)
        ratios = "".join(f"{ratio(line, r):12.2f}" if r else f"{'-':>12}" for r in against)
        span = f"{min(line.rates):,.0f}-{max(line.rates):,.0f}"
        rate, first = median(line.rates), median(line.first_seconds)
        yield f"{name:15} {rate:9,.0f} {span:>15}{ratios} {first:14.1f}  {line.setting}"
