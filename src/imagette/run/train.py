"""Trains an experiment and keeps the run: every stage from its value, every event on the disk."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from imagette.data.dataset import Split, open_test
from imagette.engines.initial import first_weights
from imagette.evaluate.evaluation import Evaluation, evaluate
from imagette.experiment import Experiment, check, resolved
from imagette.network import cost_table
from imagette.report.curves import curves, figure_bytes
from imagette.run.evaluate import command_line, keep_evaluation, metrics_of, predict
from imagette.run.keep import keep, start_of
from imagette.run.prepare import Prepared, prepare
from imagette.store.folder import RunFolder
from imagette.store.ledger import Ledger
from imagette.store.matching import match_weights
from imagette.store.provenance import environment
from imagette.train.events import Event, Finished, Remark, Stop
from imagette.train.loop import Events, Start, Training, train, warm_up
from imagette.train.measure import loss_of


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

    The first event is `Begun`, the last `Ended` or, if it was sent a `Stop`, `Finished`.
    `source` is the experiment's file, kept as given; `out` names the folder exactly.
    """
    began = perf_counter()
    prepared = prepare(experiment, data_dir)
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
        environment={**environment(), "device": prepared.model.device},
        out=out,
    )
    yield from _trained(prepared, folder, Start(weights), began, data_dir)


def resume(run: Path, data_dir: Path | None = None) -> RunEvents:
    """Goes on from the newest good checkpoint of a run; says so if it is finished already."""
    began = perf_counter()
    folder = RunFolder.open(run)
    finished = folder.finished()
    if finished:
        yield Remark(f"nothing to resume, {folder.path} is finished: {finished['reason']}")
        return
    saved, damage = folder.newest_good()
    for text in (damage, *folder.rewind(saved.step)):
        if text:
            yield Remark(text)
    experiment = check(folder.resolved(), str(folder.path / "resolved.json"))
    prepared = prepare(experiment, data_dir)
    yield from _trained(prepared, folder, start_of(folder, saved), began, data_dir)


def _trained(
    prepared: Prepared, folder: RunFolder, start: Start, began: float, data_dir: Path | None
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
    yield Begun(folder, prepared, setup_seconds)
    finished = yield from _kept(prepared, folder, train(training, start))
    if finished.complete:
        yield _ended(prepared, folder, training, finished, setup_seconds)


def _kept(
    prepared: Prepared, folder: RunFolder, events: Events[None]
) -> Generator[RunEvent, Stop | None, Finished]:
    """Hands on each event once it is on the disk, and the answer back."""
    event = next(events)
    while True:
        keep(folder, event, prepared.card, prepared.experiment.run.checkpoints)
        answer = yield event
        if isinstance(event, Finished):
            return event
        event = events.send(answer)


def _ended(
    prepared: Prepared,
    folder: RunFolder,
    training: Training,
    finished: Finished,
    setup_seconds: float,
) -> Ended:
    """What the last weights score, in the folder; the run counts as finished after that."""
    experiment = prepared.experiment
    spent = {"train_seconds": finished.train_seconds, "setup_seconds": setup_seconds}
    judged: dict[str, Evaluation] = {}
    for name, split in _splits_to_judge(training).items():
        predictions = predict(prepared.model, finished.weights, split, experiment.evaluation)
        loss = loss_of(experiment.recipe.loss)
        judged[name] = evaluate(predictions, prepared.dataset.class_names, loss)
        extra = {"checkpoint": finished.steps, **spent}
        extra |= metrics_of(predictions, experiment.evaluation)
        figures = {**judged[name].as_json(), **extra}
        keep_evaluation(folder, name, split.images, predictions, figures)
    folder.write_picture("curves.png", _curves(folder, experiment))
    folder.write_finished(finished.reason, finished.epochs, finished.steps, spent)
    split_name = next(iter(judged))
    return Ended(folder, prepared, finished, split_name, judged[split_name])


def _splits_to_judge(training: Training) -> dict[str, Split]:
    """Validation, and the test set where it was open all along; without either, train."""
    splits = {"validation": training.validation, "test": training.test}
    found = {name: split for name, split in splits.items() if split is not None and len(split)}
    return found or {"train": training.train}


def _curves(folder: RunFolder, experiment: Experiment) -> bytes:
    return figure_bytes(curves(folder.history(), experiment.run.title))


def _test_if_asked(
    experiment: Experiment, folder: RunFolder, data_dir: Path | None
) -> Split | None:
    """The test images in the courses' mode alone; one row in the ledger, at the start."""
    if experiment.evaluation.test == "sealed":
        return None
    ledger = Ledger(folder.path, "", command_line(), purpose="each-epoch")
    return open_test(experiment.data, ledger, data_dir)
