"""A training as a person sees it: a moving bar, a line an epoch, and at the end what to do next.

Where the output is no terminal there is no bar, and the lines are those of the run's log.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn

from imagette.cli.beginning import decision_text, limit_lines, setup_line
from imagette.cli.curves import Curves
from imagette.cli.evaluation_table import evaluation_table
from imagette.cli.invocation import program, short
from imagette.cli.next_steps import next_steps
from imagette.cli.tables import network_table
from imagette.network import cost_table
from imagette.network.table import CostTable
from imagette.recipe.budget import Budget, limits
from imagette.recipe.recipe import MOST_EPOCHS
from imagette.run.lines import legend, line_of
from imagette.run.train import Begun, Ended, RunEvent
from imagette.train import events as ev
from imagette.train.decide import STEPS


class _BarUnderCurves(Progress):
    """What moves at the foot of the screen, while lines scroll above it."""

    def __init__(self, curves: Curves, *columns: ProgressColumn, **options: Any) -> None:
        self._curves = curves
        super().__init__(*columns, **options)

    def get_renderables(self) -> Iterator[RenderableType]:
        yield self._curves
        yield from super().get_renderables()


class Screen:
    """Shows the events of one training, in order; open it with `with`."""

    def __init__(self, console: Console, words: Sequence[str] | None = None) -> None:
        """`words` are those that began the training, for the commands suggested at its end."""
        self._console = console
        self._words = words
        self._curves = Curves()
        self._bar = _BarUnderCurves(
            self._curves,
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("loss {task.fields[loss]}"),
            TextColumn("{task.fields[speed]} images/s"),
            TextColumn("{task.fields[left]} left"),
            console=console,
            transient=True,
            expand=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", epoch="", loss="", speed="", left="")
        self._explained = self._planned = False
        self._run = ""

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def show(self, event: RunEvent) -> None:
        match event:
            case Begun():
                self._begin(event)
            case ev.Progress():
                self._advance(event)
            case Ended():
                self._end(event)
            case ev.Decision(what=what):
                # Other decisions are named by what was begun, later plans by the bar.
                if what == STEPS and not self._planned:
                    self._planned = True
                    self._print_line(event)
            case ev.EpochRow():
                self._curves.rows.append(event.figures)
                self._explain(event)
                self._print_line(event)
            case ev.Finished(complete=False):
                self._bar.stop()
                self._print_line(event)
                self._say(f"next     {program()} train --resume {self._run}")
            case _:
                self._print_line(event)

    def _begin(self, begun: Begun) -> None:
        self._run = short(begun.folder.path)
        self._curves.rows.extend(begun.folder.history())  # of a run that goes on
        prepared = begun.prepared
        dataset, model = prepared.dataset, prepared.model
        shape = "x".join(map(str, dataset.input_shape))
        say = self._say
        say(
            f"data     {dataset.name}: {len(dataset.train):,} training and "
            f"{len(dataset.validation):,} validation images {shape}, "
            f"{len(dataset.class_names)} classes"
        )
        graph = prepared.graph
        say(f"network  {graph.parameters:,} parameters, {graph.cost.total:,} operations an image")
        for line in _budget_lines(prepared.experiment.budget, cost_table(graph)):
            say(line)
        say(f"engine   {model.device}")
        for decision in prepared.decisions:
            say(f"decided  {decision_text(decision)}")
        say(setup_line(begun.setup_seconds, begun.warm_up_seconds))
        say(f"run      {self._run}")
        say("")

    def _explain(self, row: ev.EpochRow) -> None:
        if not self._explained:
            self._say(f"loss, accuracy: {legend(row.figures)}; operations: of forward passes alone")
            self._explained = True

    def _advance(self, progress: ev.Progress) -> None:
        position, total = progress.position, progress.steps_per_epoch
        if _of(progress.epochs):
            self._curves.last_epoch = progress.epochs
        speed = progress.images / max(progress.seconds, 1e-9)
        fields: dict[str, Any] = {
            "epoch": f"{position.epoch}{_of(progress.epochs)}",
            "loss": f"{position.tally.loss:.4g}",
            "speed": f"{speed:,.0f}",
            "left": _time_left(progress),
        }
        self._bar.update(self._task, total=total, completed=position.step_in_epoch, **fields)
        self._bar.start()

    def _end(self, ended: Ended) -> None:
        self._bar.stop()
        self._console.print(self._curves)
        self._say("")
        network_table(cost_table(ended.prepared.graph), self._console)
        self._say("")
        evaluation_table(ended.evaluation, ended.split, self._console)
        self._say("")
        if ended.prepared.experiment.evaluation.test == "each-epoch":
            self._say("note     the test set was watched while training: its figures are no proof")
        self._say(f"run      {self._run}")
        self._say(f"curves   {self._run}/curves.png")
        for command in next_steps(ended, self._words):
            self._say(f"next     {program()} {command}")

    def _print_line(self, event: RunEvent) -> None:
        line = None if isinstance(event, Begun | Ended) else line_of(event)
        if line:
            self._say(line)

    def _say(self, text: str) -> None:
        wraps = self._console.is_terminal  # a pipe or a file gets whole lines
        self._console.print(escape(text), highlight=False, soft_wrap=not wraps)


def _budget_lines(budget: Budget, table: CostTable) -> Iterator[str]:
    """What is used of each limit, and the time there is."""
    yield from limit_lines(limits(budget, table))
    if budget.minutes is not None:
        yield f"budget   {budget.minutes:g} min, set-up and evaluation included"


def _of(epochs: int) -> str:
    """Of how many; nothing before a time budget is planned."""
    return f"/{epochs}" if epochs < MOST_EPOCHS else ""


def _time_left(progress: ev.Progress) -> str:
    """Of training alone, at the speed of this epoch so far."""
    if not _of(progress.epochs):
        return "?"
    position = progress.position
    done_here = progress.images / max(progress.seconds, 1e-9)
    images_per_epoch = position.tally.images / position.step_in_epoch * progress.steps_per_epoch
    ahead = images_per_epoch * (progress.epochs - position.epoch + 1) - position.tally.images
    minutes, seconds = divmod(round(ahead / done_here), 60)
    return f"{minutes}:{seconds:02d}"
