"""How training images reach an engine: placed on its device once, or streamed step by step."""

import numpy as np
from numpy.typing import NDArray

from imagette.data.split import Split
from imagette.data.streamed import StreamedImages
from imagette.engines.protocol import Model, State, StepPlan


def place(model: Model, train: Split) -> None:
    """Puts on the device what can stay there: streamed images come with each plan."""
    images = train.images
    model.place(None if isinstance(images, StreamedImages) else images, train.labels)


def advanced(
    model: Model, train: Split, state: State, plan: StepPlan
) -> tuple[State, NDArray[np.float32], NDArray[np.int32]]:
    """The plan's steps taken; streamed images are read for one step at a time, to save memory."""
    images = train.images
    if not isinstance(images, StreamedImages):
        return model.advance(state, plan)
    losses, correct = [], []
    for step in plan.steps():
        state, loss, right = model.advance(state, step, images[step.indices])
        losses.append(loss)
        correct.append(right)
    return state, np.concatenate(losses), np.concatenate(correct)
