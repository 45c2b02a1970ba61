"""How a network is trained: all that moves weights, and nothing that only watches."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from imagette.data.augment import Augmentation
from imagette.data.mixing import Mixing
from imagette.recipe.averaging import Averaging
from imagette.recipe.groups import Group
from imagette.recipe.initial import Initial, NamedInitial, Whitening
from imagette.recipe.losses import CrossEntropy, Loss
from imagette.recipe.optimisers import SGD, Optimiser
from imagette.recipe.own import OwnOptimiser, OwnUpdate
from imagette.recipe.schedules import Constant, Schedule
from imagette.recipe.sizes import Sizes
from imagette.recipe.stopping import Stopping
from imagette.spec import Spec

MOST_EPOCHS = 1_000_000


class Recipe(Spec):
    """All that moves weights: epochs, batch, loss, optimiser, schedule, augmentation, and more.

    `epochs = "budget"` is as many as fit into `budget.minutes`; a number, at most so many of them.
    `batch = "all"` is full-gradient descent: one step an epoch on all training images. The last
    batch of an epoch may be short; no image is lost.

    >>> Recipe(epochs=2, batch=20, optimiser=SGD(rate=0.001, momentum=0.9)).batch
    20
    """

    epochs: Annotated[int, Field(ge=0, le=MOST_EPOCHS)] | Literal["budget"] = 5
    batch: PositiveInt | Literal["all"] = 64
    loss: Loss = CrossEntropy()
    optimiser: Optimiser = SGD()
    schedule: Schedule = Constant()
    augment: tuple[Augmentation, ...] = ()
    sizes: Sizes | None = None
    groups: tuple[Group, ...] = ()
    averaging: Averaging = None
    stopping: Stopping | None = None
    update: OwnUpdate | None = None
    initial: NamedInitial = Initial()
    whitening: Whitening | None = None

    @model_validator(mode="after")
    def _own_optimisers_have_their_own_groups(self) -> "Recipe":
        if self.groups and isinstance(self.optimiser, OwnOptimiser):
            raise ValueError(
                "groups are for the optimisers of imagette; an optimiser of your own says rates "
                "and decay itself: leave recipe.groups out"
            )
        return self

    @model_validator(mode="after")
    def _one_mixing(self) -> "Recipe":
        names = [spec.name for spec in self.augment if isinstance(spec, Mixing)]
        if len(names) > 1:
            raise ValueError(
                f"augment may mix labels once: two labels an image are all that a loss is told. "
                f"Got {', '.join(names)}; keep one"
            )
        return self

    @property
    def mixing(self) -> tuple[str, Mixing] | None:
        """The augmentation that mixes labels, if there is one, and what a plan calls its draws."""
        named = ((f"{i}.{spec.name}", spec) for i, spec in enumerate(self.augment))
        return next(((name, spec) for name, spec in named if isinstance(spec, Mixing)), None)

    @property
    def most_epochs(self) -> int:
        """So many at most; fewer where a time budget or an early end says so."""
        return MOST_EPOCHS if self.epochs == "budget" else self.epochs
