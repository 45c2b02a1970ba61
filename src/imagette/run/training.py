"""What is prepared, as the loop takes it."""

from time import perf_counter

from imagette.data.split import Split
from imagette.run.prepare import Prepared
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
        checkpoint_epochs=experiment.run.checkpoints.every,
        budget=budget,
    )
