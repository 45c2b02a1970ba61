"""Trains an experiment and keeps the run: every stage from its value, every event on the disk."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from imagette.data.dataset import open_test
from imagette.data.split import Split
from imagette.engines.initial import first_weights
from imagette.evaluate.evaluation import Evaluation
from imagette.evaluate.overfitting import overfitting
from imagette.experiment import Experiment, digest, resolved
from imagette.network import cost_table
from imagette.run.checks import check_together
from imagette.run.evaluate import (
    about_data,
    check_same_data,
    command_line,
    draw_curves,
    experiment_of,
)
from imagette.run.judge import Judge
from imagette.run.keep import keep, mark_best, start_of
from imagette.run.prepare import Prepared, prepare
from imagette.run.state import failure_logged
from imagette.store.folder import RunFolder
from imagette.store.ledger import Ledger
from imagette.store.lock import held
from imagette.store.matching import match_weights
from imagette.store.provenance import environment
from imagette.train.events import Decision, Event, Finished, Remark, Stop
from imagette.train.loop import Events, Start, Training, train, warm_up


@dataclass(frozen=True)
class Begun:
    """The run folder is there and training is about to start; set-up took so many seconds."""

    folder: RunFolder
    prepared: Prepared
    setup_seconds: float


@dataclass(frozen=True)
class Ended:
    """The run is whole: where it is, how it ended, and what the last weights score on `split`."""

    folder: RunFolder
    prepared: Prepared
    finished: Finished
    split: str
    evaluation: Evaluation


RunEvent = Event | Begun | Ended
RunEvents = Generator[RunEvent, Stop | None, None]


@dataclass(frozen=True)
class Origin:
    """Where first weights come from, if not from the seed: a run, all its layers but `reset`."""

    run: Path
    reset: tuple[str, ...] = ()


def train_experiment(
    experiment: Experiment,
    *,
    out: Path | None = None,
    source: Path | None = None,
    origin: Origin | None = None,
    data_dir: Path | None = None,
) -> RunEvents:
    """Trains from the start into a new run folder, yielding what happens.

    The last event is `Ended` or, if it was sent a `Stop`, `Finished`; `Begun` comes before the
    first epoch. `source` is the experiment's file, kept as given; `out` names the folder exactly.

    >>> from imagette import load, train_experiment
    >>> experiment = load("first_light", ["data.limit=200", "recipe.epochs=1"])
    >>> *_, ended = train_experiment(experiment)
    >>> ended.evaluation.n
    1000
    """
    began = perf_counter()
    prepared = prepare(experiment, data_dir)
    remarks = [Remark(text) for text in (*prepared.model.notes, *check_together(prepared))]
    rule = f"the fixed rule for batches of {prepared.planner.batch}"
    threads = Decision("threads", prepared.model.threads, rule)
    weights = first_weights(prepared.graph, experiment.seed)
    if origin:
        saved = RunFolder.open(origin.run).load("last")
        wanted = {weight.name: weight.shape for weight in prepared.graph.weights}
        weights |= match_weights(wanted, saved.weights, origin.reset)[0]
    folder = RunFolder.create(
        root=Path(experiment.run.folder),
        title=experiment.run.title,
        experiment_source=(source.name, source.read_bytes()) if source else None,
        resolved=resolved(experiment),
        network_text=prepared.card.network,
        cost=cost_table(prepared.graph).as_json(),
        environment={
            **environment(),
            "device": prepared.model.device,
            "experiment": digest(experiment),
            "data": about_data(prepared.dataset),
        },
        out=out,
    )
    with held(folder.path):
        yield from _trained(prepared, folder, Start(weights), [threads, *remarks], began, data_dir)


def resume(run: Path | str, data_dir: Path | None = None) -> RunEvents:
    """Goes on from the newest good checkpoint of a run; says so if it is finished already.

    What was decided from the machine at the start, such as the number of threads, is repeated.
    """
    began = perf_counter()
    folder = RunFolder.open(Path(run))
    with held(folder.path):
        finished = folder.finished()
        if finished:
            yield Remark(f"nothing to resume, {folder.path} is finished: {finished['reason']}")
            return
        saved, damage = folder.newest_good()
        said = [damage, *folder.rewind(saved.step), *_changes(folder)]
        prepared = prepare(_with_decisions(folder), data_dir)
        check_same_data(folder, prepared.dataset)
        mark_best(folder)
        said.append(f"goes on in epoch {saved.meta['epoch']}, after {saved.step:,} steps")
        remarks = [Remark(text) for text in said if text]
        yield from _trained(prepared, folder, start_of(folder, saved), remarks, began, data_dir)


def _with_decisions(folder: RunFolder) -> Experiment:
    experiment = experiment_of(folder)
    decided = {row["what"]: row["value"] for row in folder.decisions()}
    engine = experiment.engine.model_copy(update=decided)
    return experiment.model_copy(update={"engine": engine})


def _changes(folder: RunFolder) -> list[str]:
    """What differs between now and the start, and could move bits."""
    then, now = folder.environment(), environment()
    return [
        f"{key} was {then.get(key)} and is {now[key]}: the bits may not be those of one run"
        for key in ("torch", "processor", "platform")
        if then.get(key) != now[key]
    ]


def _trained(
    prepared: Prepared,
    folder: RunFolder,
    start: Start,
    remarks: Sequence[Remark | Decision],
    began: float,
    data_dir: Path | None,
) -> RunEvents:
    experiment, dataset = prepared.experiment, prepared.dataset
    prepared.model.place(dataset.train.images, dataset.train.labels)
    training = Training(
        model=prepared.model,
        planner=prepared.planner,
        train=dataset.train,
        validation=dataset.validation,
        test=_test_if_asked(experiment, folder, data_dir),
        evaluation=experiment.evaluation,
        clock=perf_counter,
        checkpoint_epochs=experiment.run.checkpoints.every,
    )
    warm_up(training, start)
    setup_seconds = perf_counter() - began
    stop = yield Begun(folder, prepared, setup_seconds)
    for remark in remarks:
        keep(folder, remark, prepared.card, experiment.run.checkpoints)
        stop = (yield remark) or stop
    with failure_logged(folder):
        finished = yield from _kept(prepared, folder, train(training, start), stop)
    if finished.complete:
        spent = {"train_seconds": finished.train_seconds, "setup_seconds": setup_seconds}
        found = overfitting(folder.history())
        if found:
            yield Remark(f"the run {found}")
        yield _ended(prepared, folder, training, finished, spent)


def _kept(
    prepared: Prepared, folder: RunFolder, events: Events[None], stop: Stop | None
) -> Generator[RunEvent, Stop | None, Finished]:
    """Hands on each event once it is on the disk, and the answer back."""
    event = next(events)
    while True:
        keep(folder, event, prepared.card, prepared.experiment.run.checkpoints)
        stop = (yield event) or stop
        if isinstance(event, Finished):
            return event
        event = events.send(stop)


def _ended(
    prepared: Prepared,
    folder: RunFolder,
    training: Training,
    finished: Finished,
    spent: dict[str, float],
) -> Ended:
    """What the last weights score, in the folder; the run counts as finished after that."""
    experiment, saved = prepared.experiment, folder.load("last")
    judge = Judge(folder, experiment, prepared.model)
    judged = {
        name: judge.judge(saved, name, split, spent)
        for name, split in _splits_to_judge(training).items()
    }
    draw_curves(folder, experiment)
    folder.write_finished(finished.reason, finished.epochs, finished.steps, spent)
    name, evaluation = next(iter(judged.items()))
    return Ended(folder, prepared, finished, name, evaluation)


def _splits_to_judge(training: Training) -> dict[str, Split]:
    """Validation, and the test set where it was open all along; without either, train."""
    splits = {"validation": training.validation, "test": training.test}
    found = {name: split for name, split in splits.items() if split is not None and len(split)}
    return found or {"train": training.train}


def _test_if_asked(
    experiment: Experiment, folder: RunFolder, data_dir: Path | None
) -> Split | None:
    """The test images in the courses' mode alone; one row in the ledger, at the run's start."""
    if experiment.evaluation.test == "sealed":
        return None
    ledger = Ledger(folder.path, "", command_line(), purpose="each-epoch")
    return open_test(experiment.data, ledger, data_dir)
