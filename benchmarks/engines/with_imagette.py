"""imagette's own loop on one of its engines, without evaluation, and nothing kept on the disk."""

from time import perf_counter

from imagette import Dataset, Experiment
from imagette.engines.initial import first_weights
from imagette.run.prepare import prepare_with
from imagette.run.training import training_of
from imagette.train.events import Checkpoint, EpochRow, Progress
from imagette.train.loop import Start, train
from imagette.train.warm_up import warm_up

from .case import (
    ARGUMENTS,
    EPOCHS,
    MOMENTUM,
    RATE,
    Case,
    Measured,
    Setting,
    data_spec,
)


def experiment(engine: str, case: Case, setting: Setting, dataset: Dataset) -> Experiment:
    return Experiment(
        engine={
            "name": engine,
            "device": "cpu",
            "threads": setting.threads,
            "precision": setting.precision,
        },
        data=data_spec(dataset.name, case.images),
        network={"name": case.network, "args": ARGUMENTS.get(case.network, {})},
        recipe={
            "epochs": EPOCHS,
            "batch": case.batch,
            "optimiser": {"name": "sgd", "rate": RATE, "momentum": MOMENTUM},
        },
    )


def measure(engine: str, case: Case, setting: Setting, dataset: Dataset) -> Measured:
    """The second epoch is from the first's checkpoint to its own last step: plans count too."""
    moments, losses, last_step = [perf_counter()], [], 0.0
    prepared = prepare_with(experiment(engine, case, setting, dataset), dataset, None)
    training, start = training_of(prepared), Start(first_weights(prepared.graph))
    warm_up(training, start)
    for event in train(training, start):
        if isinstance(event, Checkpoint) and event.position.epoch == EPOCHS:
            moments.append(perf_counter())
        elif isinstance(event, Progress) and event.images == len(dataset.train):
            last_step = perf_counter()
        elif isinstance(event, EpochRow):
            losses.append(event.figures["train_loss"])
    moments.append(last_step)
    parameters = sum(weight.size for weight in prepared.graph.weights if weight.trainable)
    return Measured.of(moments, len(dataset.train), losses, parameters)
