"""A sweep as a person sees it: a moving bar, a line a finished trial, and at the end a table."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from imagette.cli.comparison_table import comparison_table
from imagette.cli.invocation import program, short
from imagette.run.compare import compare_runs
from imagette.sweep.events import (
    Begun,
    Outcome,
    Started,
    SweepEnded,
    SweepEvent,
    TrialEnded,
    Waiting,
)


class SweepScreen:
    """Shows the events of one sweep, in order; open it with `with`. `again` is its command."""

    def __init__(self, console: Console, again: str) -> None:
        self._console = console
        self._again = again
        self._bar = Progress(
            TextColumn("{task.completed}/{task.total} trials"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[running]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            expand=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, running="")
        self._folder = Path()

    def __enter__(self) -> "SweepScreen":
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def show(self, event: SweepEvent) -> None:
        match event:
            case Begun():
                self._begin(event)
            case Started(trial, resumed) if resumed:
                self._say(f"goes on  {trial.name}, seed {trial.seed}")
            case Waiting(running, num_ended):
                names = "; ".join(f"{trial.name}, seed {trial.seed}" for trial in running)
                self._bar.update(self._task, completed=num_ended, running=escape(names))
            case TrialEnded(outcome):
                self._say(_line(outcome))
            case SweepEnded():
                self._end(event)

    def _begin(self, begun: Begun) -> None:
        self._folder = begun.folder
        self._say(f"folder   {begun.folder}")
        threads = f", engine.threads = {begun.threads}" if begun.threads else ""
        self._say(f"workers  {begun.workers}{threads}")
        if begun.finished:
            self._say(f"there    {len(begun.finished)} of {begun.num_trials} trials have finished")
        self._bar.update(self._task, total=begun.num_trials)
        self._bar.start()

    def _end(self, ended: SweepEnded) -> None:
        self._bar.stop()
        failed = sum(not outcome.finished for outcome in ended.outcomes)
        finished = [outcome.run for outcome in ended.outcomes if outcome.finished]
        self._say("")
        if finished:
            comparison_table(compare_runs(finished), self._console)
            self._say("")
        if failed:
            self._say(f"{failed} failed: why is above and in {self._folder / 'trials.jsonl'}")
        if failed or not ended.complete:
            self._say(f"next     {program()} {self._again}     (goes on where it was)")
        else:
            self._say(f"next     {program()} compare {short(self._folder)}")

    def _say(self, text: str) -> None:
        self._console.print(escape(text), highlight=False, soft_wrap=True)


def _line(outcome: Outcome) -> str:
    name = f"{outcome.trial}, seed {outcome.seed}"
    if not outcome.finished:
        return f"failed   {name}: {outcome.reason}"
    accuracy = "-" if outcome.accuracy is None else f"{100 * outcome.accuracy:.2f}"
    return f"done     {name}: {accuracy} % on {outcome.split}, {outcome.train_seconds:.1f} s"
