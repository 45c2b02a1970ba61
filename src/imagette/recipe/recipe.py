"""How a network is trained: all that moves weights, and nothing that only watches."""

from typing import Literal

from pydantic import Field, PositiveInt

from imagette.data.augment import Augmentation
from imagette.recipe.losses import CrossEntropy, Loss
from imagette.recipe.optimisers import SGD, Optimiser
from imagette.recipe.own import OwnUpdate
from imagette.recipe.schedules import Constant, Schedule
from imagette.recipe.stopping import Stopping
from imagette.spec import Spec


class Recipe(Spec):
    """Epochs, batch, loss, optimiser, schedule, augmentation, early end.

    `batch = "all"` is full-gradient descent: one step an epoch on all training images. The last
    batch of an epoch may be short; no image is lost.

    >>> Recipe(epochs=2, batch=20, optimiser=SGD(rate=0.001, momentum=0.9)).batch
    20
    """

    epochs: int = Field(5, ge=0, le=1_000_000)
    batch: PositiveInt | Literal["all"] = 64
    loss: Loss = CrossEntropy()
    optimiser: Optimiser = SGD()
    schedule: Schedule = Constant()
    augment: tuple[Augmentation, ...] = ()
    stopping: Stopping | None = None
    update: OwnUpdate | None = None
