"""What is prepared, as the loop takes it, and what comes after the loop."""

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter

from imagette.arrays import Weights
from imagette.data.split import Split
from imagette.engines.protocol import weights_of
from imagette.run.prepare import Prepared
from imagette.run_spec import CheckpointSpec
from imagette.train.feed import place
from imagette.train.loop import Training
from imagette.train.pace import TimeBudget


def training_of(
    prepared: Prepared, test: Split | None = None, budget: TimeBudget | None = None
) -> Training:
    """Puts the training images on the device, and gives the loop all that it needs."""
    dataset, experiment = prepared.dataset, prepared.experiment
    place(prepared.model, dataset.train)
    return Training(
        model=prepared.model,
        planner=prepared.planner,
        train=dataset.train,
        validation=dataset.validation,
        test=test,
        evaluation=experiment.evaluation,
        loss=prepared.loss,
        clock=perf_counter,
        checkpoint_epochs=_interval(experiment.run.checkpoints),
        budget=budget,
    )


def _interval(checkpoints: CheckpointSpec) -> int | None:
    return None if checkpoints.every == "auto" else checkpoints.every


SAMPLE = 400  # images that tell how long judging takes
LAST_SECONDS = 0.5  # for curves and the run's last files


def to_judge(sizes: Mapping[str, int]) -> list[str]:
    """Validation, and the test set where it was open all along; without either, train.

    >>> to_judge({"train": 50_000, "validation": 0})
    ['train']
    >>> to_judge({"train": 50_000, "validation": 10, "test": 10})
    ['validation', 'test']
    """
    return [name for name in ("validation", "test") if sizes.get(name)] or ["train"]


def splits_to_judge(training: Training) -> dict[str, Split]:
    """The images of the splits that `to_judge` names."""
    all_of = {"train": training.train, "validation": training.validation, "test": training.test}
    splits = {name: split for name, split in all_of.items() if split is not None}
    return {name: splits[name] for name in to_judge({n: len(s) for n, s in splits.items()})}


def leaving_time_to_judge(training: Training, arrays: Weights) -> Training:
    """With as much of its time budget kept back as judging the run will take, all views of it."""
    if training.budget is None:
        return training
    seconds = ending_seconds(training, arrays)
    return replace(training, budget=replace(training.budget, ending=seconds))


def ending_seconds(training: Training, arrays: Weights) -> float:
    """What comes after the last epoch takes, all views of what is judged."""
    images = sum(
        training.evaluation.num_views_of(name) * len(split)
        for name, split in splits_to_judge(training).items()
    )
    return LAST_SECONDS + images * evaluation_image_seconds(training, arrays)


def evaluation_image_seconds(training: Training, arrays: Weights) -> float:
    """Measured on a sample of the training images, once everything is compiled."""
    sample, batch = training.train[:SAMPLE], training.evaluation.batch
    training.model.predict(weights_of(arrays), sample.images, batch)
    began = training.clock()
    training.model.predict(weights_of(arrays), sample.images, batch)
    return (training.clock() - began) / len(sample)
