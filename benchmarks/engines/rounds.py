"""The rounds of one case: every contender in turn, each time in a process of its own."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .case import SAME, Case, Measured, Setting
from .contenders import CONTENDERS
from .table import Line, best
from .trial import TrialError, run

Say = Callable[[str], None]
Run = tuple[str, Setting]  # a contender with one of its settings


@dataclass
class Rounds:
    """What came out, run by run; a contender that fails once is left out from then on."""

    case: Case
    say: Say
    found: dict[Run, list[Measured]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, str] = field(default_factory=dict)

    def measure(self, name: str, setting: Setting, what: str) -> float:
        """Keeps a trial and gives its rate; 0 where the contender fails or has failed."""
        if name in self.failures:
            return 0.0
        try:
            measured = run(name, self.case, setting)
        except TrialError as error:
            self.failures[name] = str(error)
            self.say(f"{what}  {name:15} {error}")
            return 0.0
        self.found[name, setting].append(measured)
        rate, loss = measured.images_per_second, measured.loss
        self.say(f"{what}  {name:15} {rate:8,.0f} images/s  loss {loss:.3f}  {setting}")
        return rate

    def lines(self) -> dict[str, list[Line]]:
        """By contender, that of the setting of all first; none of those that failed."""
        lines: dict[str, list[Line]] = {}
        for (name, setting), trials in self.found.items():
            if name not in self.failures:
                rates = [trial.images_per_second for trial in trials]
                seconds = [trial.first_seconds for trial in trials]
                lines.setdefault(name, []).append(Line(str(setting), rates, seconds))
        return lines


def measure(
    case: Case, names: Sequence[str], number: int, say: Say, same_alone: bool = False
) -> Rounds:
    """First every setting once, which only chooses each contender's; then `number` rounds.

    With `same_alone` nothing is chosen, and all rounds are of the setting that all share.
    """
    trying, rounds = Rounds(case, say), Rounds(case, say)
    rounds.failures = trying.failures = dict(_not_installed(names))
    chosen = {name: SAME if same_alone else _fastest(trying, name) for name in names}
    for count in range(number):
        for name in _turned(names, count):
            for setting in dict.fromkeys((SAME, chosen[name])):
                rounds.measure(name, setting, f"round {count + 1}")
    return rounds


def _not_installed(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        if missing := CONTENDERS[name].missing:
            yield name, f"not installed: pip install {' '.join(missing)}"


def _fastest(trying: Rounds, name: str) -> Setting:
    settings = (SAME, *CONTENDERS[name].settings)
    return max(settings, key=lambda setting: trying.measure(name, setting, "trying "))


def _turned(names: Sequence[str], count: int) -> Sequence[str]:
    """Another contender begins each round, so that none is always after the same one."""
    first = count % len(names)
    return (*names[first:], *names[:first])


def same_for_all(lines: Mapping[str, Sequence[Line]]) -> dict[str, Line]:
    return {name: own[0] for name, own in lines.items()}


def at_their_best(lines: Mapping[str, Sequence[Line]]) -> dict[str, Line]:
    return {name: best(own) for name, own in lines.items()}
