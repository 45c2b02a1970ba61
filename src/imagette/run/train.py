"""Trains an experiment and keeps the run: every stage from its value, every event on the disk."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from pydantic import ValidationError

from imagette.data.dataset import open_test
from imagette.data.digests import content_digest
from imagette.data.split import Split
from imagette.engines.protocol import EngineSpec
from imagette.errors import StoreError
from imagette.evaluate.evaluation import Evaluation
from imagette.evaluate.overfitting import overfitting
from imagette.experiment import Experiment
from imagette.problems import describe_problems
from imagette.run.begin import make_folder, weights_to_begin
from imagette.run.beside import beside_trackers
from imagette.run.checks import check_together
from imagette.run.choice import decided
from imagette.run.evaluate import (
    check_same_data,
    draw_curves,
    experiment_of,
    ledger_of,
    trusted_experiment,
)
from imagette.run.heartbeat import beating
from imagette.run.judge import Judge
from imagette.run.keep import keep, settle, start_of
from imagette.run.log import Log
from imagette.run.on_engine import engine_by_now, on_engine
from imagette.run.origin import Origin, read_origin
from imagette.run.own import sources_of
from imagette.run.prepare import Prepared, prepare
from imagette.run.state import failure_logged
from imagette.run.training import leaving_time_to_judge, splits_to_judge, training_of
from imagette.run.watch import watched
from imagette.store.folder import RunFolder
from imagette.store.lock import held
from imagette.store.provenance import PACKAGES, environment
from imagette.store.published import refuse_to_go_on
from imagette.track.trackers import refuse_absent_trackers
from imagette.train.events import Checkpoint, Decision, Event, Finished, Remark, Stop
from imagette.train.interval import dear
from imagette.train.loop import Events, Start, Training, train
from imagette.train.pace import TimeBudget
from imagette.train.warm_up import warm_up


@dataclass(frozen=True)
class Begun:
    """The run folder is there and training is about to start.

    Set-up took so many seconds, of which the first steps, and their compilation, `warm_up_seconds`.
    """

    folder: RunFolder
    prepared: Prepared
    setup_seconds: float
    warm_up_seconds: float


@dataclass(frozen=True)
class Ended:
    """The run is whole: where it is, how it ended, and what the last weights score on `split`."""

    folder: RunFolder
    prepared: Prepared
    finished: Finished
    split: str
    evaluation: Evaluation


RunEvent = Event | Begun | Ended
Places = tuple[Path | None, Path | None]  # where data lie, and where code of one's own does
RunEvents = Generator[RunEvent, Stop | None, None]


def train_experiment(
    experiment: Experiment,
    *,
    out: Path | str | None = None,
    source: Path | None = None,
    origin: Origin | None = None,
    data_dir: Path | None = None,
    began: float | None = None,
) -> RunEvents:
    """Trains from the start into a new run folder, yielding what happens.

    The last event is `Ended` or, if it was sent a `Stop`, `Finished`; `Begun` comes before the
    first epoch. `source` is the experiment's file, kept as given; `out` names the folder exactly.
    Set-up and a time budget begin at `began`, on the clock of `perf_counter`: now, if it is absent.

    >>> from imagette import load, train_experiment
    >>> experiment = load("first_light", ["data.limit=200", "recipe.epochs=1"])
    >>> *_, ended = train_experiment(experiment)
    >>> ended.evaluation.n
    1000
    """
    began = perf_counter() if began is None else began
    base = source.parent if source else None
    refuse_absent_trackers(experiment.run.track)
    given = read_origin(origin) if origin else None
    prepared = prepare(experiment, data_dir, base)
    remarks = check_together(prepared)
    prepared = decided(prepared)
    weights = weights_to_begin(prepared, given)
    place = Path(out) if out else None
    folder = make_folder(prepared, weights, sources_of(experiment, base), source, place, given)
    places = (data_dir, base)
    yield from train_prepared(prepared, folder, Start(weights), remarks, began, places)


def train_prepared(
    prepared: Prepared,
    folder: RunFolder,
    start: Start,
    remarks: Sequence[str],
    began: float,
    places: Places = (None, None),
    test: Split | None = None,
) -> RunEvents:
    """Trains what is prepared and checked into a folder that is made.

    `test` are test images that are in memory already, to be measured at every epoch.
    """
    said = [Remark(text) for text in (*prepared.model.notes, *remarks)]
    with held(folder.path):
        shown = _watched_test(prepared, folder, places, test)
        told: list[Remark | Decision] = [*_decisions(prepared), *said]
        events = _trained(prepared, folder, start, told, began, shown)
        yield from _tracked(events, folder, prepared.experiment)


def _decisions(prepared: Prepared) -> list[Decision]:
    """What was measured, the threads in any case, and the shards of a batch if it is cut."""
    made = [*prepared.decisions]
    rule = f"the fixed rule for batches of {prepared.planner.batch}"
    if all(one.what != "threads" for one in made):
        because = rule if prepared.experiment.engine.threads is None else "as asked"
        made.insert(0, Decision("threads", prepared.model.threads, because))
    if prepared.model.shards > 1:
        because = f"{rule} on {prepared.model.threads} threads"
        made.append(Decision("shards", prepared.model.shards, because))
    return made


def resume(
    run: Path | str,
    data_dir: Path | None = None,
    trust: bool = False,
    engine: str | None = None,
    began: float | None = None,
) -> RunEvents:
    """Goes on from the newest good checkpoint of a run; says so if it is finished already.

    What was decided from the machine at the start, such as the number of threads, is repeated. On
    another `engine` than before, threads are chosen anew; from then on the run keeps that engine.
    `began` is as in `train_experiment`; what the run had spent when it was last heard of counts.
    """
    began = perf_counter() if began is None else began
    folder = RunFolder.open(Path(run))
    refuse_to_go_on(folder)
    with held(folder.path):
        finished = folder.finished()
        if finished:
            yield Remark(f"nothing to resume, {folder.path} is finished: {finished['reason']}")
            return
        asked = trusted_experiment(folder, trust)
        stays = engine in (None, engine_by_now(asked, folder))
        experiment = with_decisions(asked, folder) if stays else on_engine(asked, str(engine))
        prepared = decided(prepare(experiment, data_dir, folder.source))
        yield from resume_prepared(prepared, folder, began, (data_dir, folder.source))


def resume_prepared(
    prepared: Prepared,
    folder: RunFolder,
    began: float,
    places: Places = (None, None),
    test: Split | None = None,
) -> RunEvents:
    """Goes on with what is prepared from the newest good checkpoint of a folder that is held."""
    check_same_data(folder, prepared.dataset)
    saved, damage = folder.checkpoints.newest_good()
    torn = Log(folder, prepared.experiment.run.logging).mend()
    said = [
        damage,
        torn,
        *folder.rewind(saved.step),
        *_changes(folder, prepared),
        *prepared.model.notes,
    ]
    # A process may die between a checkpoint and its mark.
    folder.checkpoints.mark("last", saved.step)
    settle(folder, prepared.experiment.run)
    said.append(f"goes on in epoch {saved.meta['epoch']}, after {saved.step:,} steps")
    decisions = _switch(folder, prepared) or _undecided(folder, prepared)
    remarks = [*decisions, *(Remark(text) for text in said if text)]
    shown = _watched_test(prepared, folder, places, test)
    spent = max(saved.meta.get("spent_seconds", 0.0), folder.spent_seconds())
    start = start_of(folder, saved)
    events = _trained(prepared, folder, start, remarks, began, shown, spent)
    yield from _tracked(events, folder, prepared.experiment)


def _switch(folder: RunFolder, prepared: Prepared) -> list[Remark | Decision]:
    """Puts another engine than the run has had on record, and says what that means."""
    experiment = experiment_of(folder)
    before, now = engine_by_now(experiment, folder), prepared.experiment.engine.name
    if before == now:
        return []
    told = (
        f"goes on with {now} where {before} stopped: weights, optimiser, order, augmentation and "
        "dropout carry over; sums are rounded otherwise, so the bits are not those of one engine"
    )
    engine = Decision("engine", now, "asked for on resuming")
    return [engine, *_decisions(prepared), Remark(told)]


def _undecided(folder: RunFolder, prepared: Prepared) -> list[Remark | Decision]:
    """What a process that died at its very start had not put on record."""
    known = {row["what"] for row in folder.decisions()}
    return [one for one in _decisions(prepared) if one.what not in known]


def with_decisions(experiment: Experiment, folder: RunFolder) -> Experiment:
    """The experiment with what the run decided so far, such as its threads."""
    rows = {str(row["what"]): row.get("value") for row in folder.decisions()}
    rows["name"] = rows.get("engine", experiment.engine.name)
    decided = {key: value for key, value in rows.items() if key in EngineSpec.model_fields}
    try:
        engine = EngineSpec.model_validate({**experiment.engine.model_dump(), **decided})
    except ValidationError as error:
        where = str(folder.path / "decisions.jsonl")
        raise StoreError(describe_problems(error, EngineSpec, where)) from None
    return experiment.model_copy(update={"engine": engine})


def _changes(folder: RunFolder, prepared: Prepared) -> list[str]:
    """What differs between now and the start, and could move bits."""
    then, now = folder.environment(), environment()
    keys = (*PACKAGES[prepared.experiment.engine.name], "processor", "platform")
    changed = [(key, then.get(key), now[key]) for key in keys if then.get(key) != now[key]]
    shards = _shards_before(folder, prepared.experiment.engine.name)
    if shards not in (None, prepared.model.shards):
        changed.append(("number of shards of a batch", shards, prepared.model.shards))
    return [
        f"{what} was {before} and is {after}: the bits may not be those of one run"
        for what, before, after in changed
    ]


def _shards_before(folder: RunFolder, engine: str) -> int | None:
    """Into how many the run has cut its batches so far; None if this engine has taken no step."""
    rows = folder.decisions()
    begin = max((i for i, row in enumerate(rows) if row["what"] == "engine"), default=0)
    decided = {row["what"]: row.get("value") for row in rows[begin:]}
    if "threads" not in decided or engine_by_now(experiment_of(folder), folder) != engine:
        return None
    return decided.get("shards", 1)


def _tracked(events: RunEvents, folder: RunFolder, experiment: Experiment) -> RunEvents:
    """The events of a training, its trackers being told beside it."""
    return beside_trackers(events, folder, experiment.run, _is_last)


def _is_last(event: RunEvent) -> bool:
    return isinstance(event, Ended) or (isinstance(event, Finished) and not event.complete)


def _trained(
    prepared: Prepared,
    folder: RunFolder,
    start: Start,
    remarks: Sequence[Remark | Decision],
    began: float,
    test: Split | None,
    spent_before: float = 0.0,
) -> RunEvents:
    experiment, seconds = prepared.experiment, prepared.experiment.budget.seconds
    budget = TimeBudget(seconds, began, spent_before) if seconds else None
    training = training_of(prepared, test, budget)
    ready = perf_counter()
    warm_up(training, start)
    training = leaving_time_to_judge(training, start.arrays)
    setup_seconds, warm_up_seconds = perf_counter() - began, perf_counter() - ready
    stop = yield Begun(folder, prepared, setup_seconds, warm_up_seconds)
    for remark in remarks:
        keep(folder, remark, prepared.card, experiment.run)
        stop = (yield remark) or stop
    with failure_logged(Log(folder, experiment.run.logging)):
        events = watched(train(training, start), training, start)
        if budget:
            events = beating(events, folder, budget, training.clock)
        finished, checkpoint_seconds = yield from _kept(prepared, folder, events, stop)
    if finished.complete:
        spent = {
            "train_seconds": finished.train_seconds,
            "setup_seconds": setup_seconds,
            "warm_up_seconds": warm_up_seconds,
            "checkpoint_seconds": checkpoint_seconds,
        }
        found = overfitting(folder.history())
        if found:
            yield Remark(f"the run {found}")
        told = dear(checkpoint_seconds, finished.train_seconds - start.train_seconds)
        if told:
            yield Remark(told)
        yield _ended(prepared, folder, training, finished, spent)


def _kept(
    prepared: Prepared, folder: RunFolder, events: Events[None], stop: Stop | None
) -> Generator[RunEvent, Stop | None, tuple[Finished, float]]:
    """Hands on each event once it is on the disk, and the answer back.

    Returns the end, and how many seconds checkpoints took in this process.
    """
    event, seconds = next(events), 0.0
    while True:
        began = perf_counter()
        keep(folder, event, prepared.card, prepared.experiment.run)
        seconds += perf_counter() - began if isinstance(event, Checkpoint) else 0.0
        stop = (yield event) or stop
        if isinstance(event, Finished):
            return event, seconds
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
    judge = Judge(folder, experiment, prepared.model, prepared.loss, folder.source)
    judged = {
        name: judge.judge(saved, name, split, experiment.evaluation.num_views_of(name), spent)
        for name, split in splits_to_judge(training).items()
    }
    draw_curves(folder, experiment)
    if training.budget:
        spent["total_seconds"] = training.budget.spent(perf_counter())
    folder.write_finished(finished.reason, finished.epochs, finished.steps, spent)
    name, evaluation = next(iter(judged.items()))
    return Ended(folder, prepared, finished, name, evaluation)


def _watched_test(
    prepared: Prepared, folder: RunFolder, places: Places, given: Split | None = None
) -> Split | None:
    """The test images in the courses' mode alone; one row in the ledger, at the run's start."""
    experiment, dataset = prepared.experiment, prepared.dataset
    if experiment.evaluation.test == "sealed":
        return None
    ledger = ledger_of(folder, "each-epoch")
    if given is not None:
        ledger.record(dataset.name, content_digest(given.images, given.labels))
        return given
    data_dir, base = places
    return open_test(experiment.data, ledger, data_dir, base)
