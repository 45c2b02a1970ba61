"""Runs the recipes of the five teaching sources, and makes docs/sources.md of the runs.

    python scripts/sources.py            the short form: fewer epochs or images, about ten minutes
    python scripts/sources.py --long     every recipe as its file says; hours
    python scripts/sources.py --page     the page alone, of the runs that are there
    python scripts/sources.py vgg8       those that are named

Each is an ordinary run in runs/sources/<form>/<recipe>/. What has finished is not run again, and
what was interrupted goes on, so this can be stopped and called again. A row of the page whose run
is not on this machine stays as it is, as long as its recipe does.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imagette import ImagetteError, UsageError, load, resume, train_experiment
from imagette.errors import nearest
from imagette.experiment import Experiment, digest, find
from imagette.run.evaluate import experiment_of
from imagette.run.lines import line_of
from imagette.run.search import find_runs
from imagette.run.train import Begun, Ended
from imagette.store.folder import RunFolder
from imagette.store.json_files import Row
from imagette.store.whole import write_whole

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "sources.md"
RUNS = ROOT / "runs" / "sources"
SPLITS = ("validation", "test", "train")  # the first that a run has is its figure
NOTE = "note: "  # with which the log begins a remark

Form = Literal["short", "long"]
FORMS: tuple[Form, Form] = ("short", "long")


@dataclass(frozen=True)
class Recipe:
    """A recipe of a source: what the source states of it, and how the short form shortens it."""

    source: str  # ids of docs/requirements.md
    name: str
    stated: str
    short: tuple[str, ...] = ()

    def experiment(self, form: Form) -> Experiment:
        """One thread in the short form: quick where others work too, and the same bits."""
        shortened = ("engine.threads=1", *self.short) if form == "short" else ()
        return load(self.name, [*shortened, f'run.folder="{RUNS / form}"'])


NONE = "none"
NOT_RUN = "not run"
SMALL = ("data.limit=4000", "data.validation=0.04", "recipe.epochs=5")
FOUR_PASSES = ("recipe.epochs=4",)
TEN = ("recipe.epochs=10",)
RECIPES = (
    Recipe("000-03", "vgg8", "79 to 83 % after 300 epochs (its curves)", SMALL),
    Recipe("000-04", "vgg8_overfitted", "~79 % after 300 epochs (its curves)", SMALL),
    Recipe("000-04", "vgg8_regularised", "~83 % after 300 epochs (its curves)", SMALL),
    Recipe("000-05", "vgg8_jax", "79 to 83 % after 300 epochs (its curves)", SMALL),
    Recipe("000-02", "haiku_vgg8", "79 to 83 % after 300 epochs (its curves)", SMALL),
    Recipe("001-02", "lenet_cifar_tutorial", NONE),
    Recipe("001-16", "lenet_cifar_batch20", NONE),
    Recipe("001-34", "lenet_cifar_plateaus", NONE, FOUR_PASSES),
    Recipe("001-35", "lenet_cifar_augmented", NONE, FOUR_PASSES),
    Recipe("001-31", "resnet8_cifar", NONE, SMALL),
    Recipe("002-13", "softmax_mnist", NONE, TEN),
    Recipe("002-15", "softmax_mnist_minibatch", NONE, TEN),
    Recipe("002-18", "softmax_mnist_adam", NONE, TEN),
    Recipe("002-22", "ffnn_mnist", NONE, TEN),
    Recipe("002-25", "cnn_mnist", NONE, ("recipe.epochs=2",)),
    Recipe("002-26", "lenet5_mnist", NONE, ("recipe.epochs=1",)),
    Recipe("002-28", "ffnn_fashion", NONE, ("recipe.epochs=3",)),
    Recipe("002-28", "cnn_fashion", NONE, ("recipe.epochs=3",)),
    Recipe("003-T6", "convnet_cifar_lab", "10 % (its loop, repaired)", ("recipe.epochs=1",)),
    Recipe("003-24", "convnet_cifar", "above 60 % (asked for)", FOUR_PASSES),
    Recipe("004-24", "convnext_mini_mnist", "~91 % after 1 epoch (its log)", ("recipe.epochs=1",)),
    Recipe("004-17", "pure_mnist", NONE, ("recipe.epochs=2",)),
)

HEAD = """\
# The five sources, run

Made by `make sources` (`make sources LONG=1` for the recipes as their files say): a row for each
recipe that the sources give. `imagette train NAME` runs any of them.

*Stated* is what the source says or its own code reaches, on the test set; most state nothing.
*Ours* is the accuracy of the last weights, with its 95 % interval, on *n* images of a split:
validation images, which no training saw; test images where the course asks for the test error
after each epoch; training images where the recipe holds none out. *Seconds* are of training alone,
of wall clock: upper bounds, for the machine may have had other work. Every figure is read from the
runs; one seed each, so differences within the intervals mean nothing.
"""
COLUMNS = ("id", "recipe", "changed", "stated", "ours %", "on", "n", "epochs", "images", "seconds")
SAID = "What the runs said themselves:"
MEASURED = "Measured on:"


@dataclass(frozen=True)
class Earlier:
    """What a section of the page says already: its rows, and the items of its two lists."""

    rows: frozenset[str] = frozenset()
    said: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, form: Form) -> "Earlier":
        section = text.partition(f"{_title(form)}\n")[2].partition("\n## ")[0]
        table, _, measured = section.partition(MEASURED)
        table, _, said = table.partition(SAID)
        rows = frozenset(line for line in table.splitlines() if line.startswith("| 0"))
        return cls(rows, _items(said), _items(measured))

    def row(self, recipe: Recipe, form: Form) -> str | None:
        """The row of this very recipe, shortened as it is today, if it has a figure."""
        known = _line(_known(recipe, form)).removesuffix("|")
        rows = (row for row in self.rows if row.startswith(known))
        return next((row for row in rows if NOT_RUN not in row), None)


def _items(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line.startswith("- "))


def _title(form: Form) -> str:
    return f"## The {form} form"


def run(recipe: Recipe, form: Form) -> None:
    """Brings one recipe to its end, from wherever an earlier call left it."""
    experiment = recipe.experiment(form)
    begun = newest(experiment)
    if begun and begun.finished():
        print(f"{recipe.name}: finished before, in {begun.path}")
        return
    can_go_on = begun is not None and begun.checkpoints.steps()
    if begun and can_go_on:
        events = resume(begun.path)
    else:
        events = train_experiment(experiment, source=find(recipe.name))
    for event in events:
        if isinstance(event, Begun):
            print(f"{recipe.name}: {event.folder.path}", flush=True)
        elif not isinstance(event, Ended) and (line := line_of(event)):
            print(line, flush=True)


def newest(experiment: Experiment) -> RunFolder | None:
    """The newest run of this experiment, finished ones first; None before there is one."""
    folder = Path(experiment.run.folder) / experiment.run.title
    paths = find_runs(folder).runs if folder.is_dir() else ()
    runs = [RunFolder.open(path) for path in sorted(paths, reverse=True) if is_of(path, experiment)]
    return max(runs, key=lambda one: one.finished() is not None, default=None)


def is_of(run: Path, experiment: Experiment) -> bool:
    """Whether a run asked for the same figures, its missing keys read with today's defaults."""
    try:
        return digest(experiment_of(RunFolder.open(run))) == digest(experiment)
    except UsageError:  # a key that is no more
        return False


def page(before: str = "") -> str:
    """The text of docs/sources.md: a section for each form that has finished runs, or had them.

    `before` is the page as it was: what it says of recipes without a run here is kept.
    """
    sections = [part for form in FORMS for part in _section(form, Earlier.of(before, form))]
    return "\n".join([HEAD, *sections])


def _section(form: Form, earlier: Earlier) -> Iterator[str]:
    runs = {recipe: newest(recipe.experiment(form)) for recipe in RECIPES}
    finished = {recipe: one for recipe, one in runs.items() if one and one.finished()}
    others = (recipe for recipe in RECIPES if recipe not in finished)
    kept = {recipe: row for recipe in others if (row := earlier.row(recipe, form))}
    if not finished and not kept:
        return
    yield f"{_title(form)}\n"
    yield from (_line(COLUMNS), _line(["---"] * len(COLUMNS)))
    for recipe in RECIPES:
        yield kept.get(recipe) or _line(_cells(recipe, form, finished.get(recipe)))
    said = [f"- `{recipe.name}`: {note}" for recipe, one in finished.items() for note in notes(one)]
    names = tuple(f"- `{recipe.name}`: " for recipe in kept)
    said += [item for item in earlier.said if item.startswith(names)]
    yield from [f"\n{SAID}\n", *said] if said else []
    measured = [*earlier.measured] if kept else []
    measured += [f"- {machine}" for machine in _machines(list(finished.values()))]
    yield "\n".join([f"\n{MEASURED}\n", *dict.fromkeys(measured), ""])


def _known(recipe: Recipe, form: Form) -> list[str]:
    shown = ", ".join(f"`{one}`" for one in recipe.short) if form == "short" else ""
    return [recipe.source, f"`{recipe.name}`", shown, recipe.stated]


def _cells(recipe: Recipe, form: Form, found: RunFolder | None) -> list[str]:
    known = _known(recipe, form)
    finished = found.finished() if found else None
    if found is None or finished is None:
        return [*known, NOT_RUN, *[""] * (len(COLUMNS) - len(known) - 1)]
    split, figures = _judged(found)
    low, high = (f"{100 * bound:.1f}" for bound in figures["interval"])
    return [
        *known,
        f"{100 * figures['accuracy']:.2f} ({low} to {high})",
        split,
        f"{figures['n']:,}",
        str(finished["epochs"]),
        f"{found.environment()['data']['train']:,}",
        f"{finished['spent']['train_seconds']:,.1f}",
    ]


def _judged(found: RunFolder) -> tuple[str, Row]:
    each = ((split, found.evaluation_figures(split)) for split in SPLITS)
    return next((split, figures) for split, figures in each if figures)


def notes(found: RunFolder) -> list[str]:
    """The remarks in a run's log, each once."""
    lines = found.log_path.read_text(encoding="utf-8").splitlines()
    return [*dict.fromkeys(line.removeprefix(NOTE) for line in lines if line.startswith(NOTE))]


def _machines(runs: Sequence[RunFolder]) -> list[str]:
    """Hardware and versions, one entry for each combination."""
    return [*dict.fromkeys(_machine(one) for one in runs)]


def _machine(found: RunFolder) -> str:
    made = found.environment()
    return (
        f"{made['processor']}: {made['device']}; imagette {made['imagette']}, "
        f"NumPy {made['numpy']}, Python {made['python']}, {made['platform']}"
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [recipe.name for recipe in RECIPES]
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes to run; all if left out")
    parser.add_argument("--long", action="store_true", help="every recipe as its file says")
    parser.add_argument("--page", action="store_true", help="make the page, run nothing")
    chosen = parser.parse_args(arguments)
    for name in chosen.names:
        if name not in names:
            parser.error(f"no recipe of a source is called '{name}'. {nearest(name, names)}")
    failed = []
    wanted = () if chosen.page else chosen.names or names
    for recipe in (recipe for recipe in RECIPES if recipe.name in wanted):
        try:
            run(recipe, "long" if chosen.long else "short")
        except ImagetteError as error:
            print(f"{recipe.name}: {error}", file=sys.stderr)
            failed.append(recipe.name)
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    write_whole(PAGE, page(before).encode())
    print(f"page: {PAGE}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
