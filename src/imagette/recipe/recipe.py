"""How a network is trained: all that moves weights, and nothing that only watches."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

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
from imagette.spec import Spec, none_as_word

MOST_EPOCHS = 1_000_000


Clip = Annotated[
    Annotated[float, Field(gt=0)] | None,
    BeforeValidator(none_as_word),
]


class Recipe(Spec):
    """All that moves weights: epochs, batch, loss, optimiser, schedule, augmentation, and more.

    `epochs = "budget"` is as many as fit into `budget.minutes`; a number, at most so many of them.
    `batch = "all"` is full-gradient descent: one step an epoch on all training images. The last
    batch of an epoch may be short; no image is lost.

    `clip` limits the norm n of the gradient of the loss by all trainable weights as one vector, no
    decay in it: the gradient is multiplied by min(1, clip / (n + 1e-6)), the rule of
    `torch.nn.utils.clip_grad_norm_`. With `accumulate = n` the gradient of a batch is summed from
    those of n nearly equal parts, one after the other, which takes less memory; batch norms see
    each part alone.

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
    clip: Clip = None
    accumulate: PositiveInt = 1
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
    def _own_updates_take_the_whole_step(self) -> "Recipe":
        if self.update and (self.clip is not None or self.accumulate > 1):
            key = "accumulate" if self.clip is None else "clip"
            raise ValueError(
                f"an update of your own takes the whole step, so {key} has no place in it: do that "
                f"in the update, and leave recipe.{key} out"
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
