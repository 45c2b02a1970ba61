"""What training does for the first time, done once before it: no timing holds it."""

from dataclasses import replace

from imagette.engines.protocol import weights_of
from imagette.train.feed import advanced, lengths
from imagette.train.finite import PROBE
from imagette.train.loop import Start, Training


def warm_up(training: Training, start: Start) -> None:
    """Takes a step of each batch size and size of pictures, and evaluates a batch.

    The state is thrown away. On JAX, whatever has to be compiled is compiled here.
    """
    if start.position.step >= training.planner.most_steps:
        return
    first = training.planner.epoch(start.position.epoch, start.position.step_in_epoch)
    of_each_batch = {plan.indices.shape[1]: plan for plan in first}.values()
    for size in dict.fromkeys(training.planner.input_sizes):
        for plan in of_each_batch:
            for length in lengths(training.train, plan):
                state = training.model.restore(start.arrays)
                sized = replace(plan.head(length), input_size=size)
                advanced(training.model, training.train, state, sized)
    weights = weights_of(start.arrays)
    training.model.predict(weights, training.train[:PROBE].images, PROBE)
    for split in (training.validation, training.test):
        if split is not None and len(split):
            batch = training.evaluation.batch
            training.model.predict(weights, split[:batch].images, batch)
