"""Refuses to go on with losses, or to keep weights, that are no numbers."""

import numpy as np
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.data.split import Split
from imagette.engines.protocol import Model, moving_of
from imagette.errors import TrainingError
from imagette.train.events import Position

PROBE = 64
"""Images that tell, before a checkpoint, whether the network's outputs are finite."""


def refuse_non_finite(losses: NDArray[np.float32], first_step: int, epoch: int) -> None:
    broken = np.flatnonzero(~np.isfinite(losses))
    if len(broken):
        raise TrainingError(
            f"The loss became {losses[broken[0]]} at step {first_step + int(broken[0])} "
            f"(epoch {epoch}). Lower recipe.optimiser.rate; the last good checkpoint is kept."
        )


def refuse_broken(model: Model, train: Split, arrays: Weights, position: Position) -> None:
    """A last step may break the weights after its loss was computed: they must not be kept."""
    probe = train[:PROBE].images
    with np.errstate(all="ignore"):
        logits = model.predict(moving_of(arrays), probe, len(probe))
    if not np.isfinite(logits).all():
        raise TrainingError(
            f"The network's outputs are no longer finite after step {position.step - 1} "
            f"(epoch {position.epoch}). Lower recipe.optimiser.rate; the last good checkpoint "
            "is kept."
        )
