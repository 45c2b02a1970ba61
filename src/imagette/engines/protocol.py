"""What the training loop asks of an engine: a few functions from arrays to arrays.

An engine translates and decides nothing: what is random or scheduled comes to it in step plans,
and the values it gives back are NumPy arrays that belong to no framework.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt

from imagette.arrays import Images, Labels, Logits, Size, Weights
from imagette.data.streamed import AnyImages
from imagette.spec import Spec

NodeSeconds = Mapping[str, tuple[float, float]]
"""By path of a node: seconds of its forward and of its backward pass, of several steps together."""

State = Any
"""What an engine moves through training; only the engine that made it looks inside."""


class EngineSpec(Spec):
    """Which engine trains, and where.

    `threads` is a number, or absent for the fixed rule: one thread for batches under 8, else one
    for each core. `device` falls back to the processor, and says so. With `precision = "bfloat16"`
    torch trains on activations of that type where its autocast allows it; weights, losses and
    evaluation stay float32. What is "auto" is measured before training (`imagette.run.choice`).
    """

    name: Literal["torch", "jax"] = "torch"
    device: Literal["auto", "cpu", "cuda", "mps", "tpu"] = "auto"
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    threads: PositiveInt | Literal["auto"] | None = Field(
        None, description="absent: by the size of the batch"
    )

    @property
    def num_threads(self) -> int | None:
        """How many were asked for; None: as many as the fixed rule says."""
        return None if self.threads == "auto" else self.threads

    def by_rule(self) -> "EngineSpec":
        """The same with nothing left to measure: float32 and the fixed rule in place of "auto".

        >>> EngineSpec(precision="auto", threads="auto").by_rule() == EngineSpec()
        True
        """
        precision = "float32" if self.precision == "auto" else self.precision
        return self.model_copy(update={"precision": precision, "threads": self.num_threads})


@dataclass(frozen=True)
class StepPlan:
    """Everything random or scheduled for k consecutive steps of one batch size B."""

    first_step: int  # number of the first step, from 0
    indices: NDArray[np.int32]  # [k,B], into the placed training images
    draws: Mapping[str, NDArray[Any]]  # "<i>.<augmentation>" to [k,B,...]
    rates: NDArray[np.float32]  # [k,G], a column for each of the groups of weights
    dropout: Mapping[str, NDArray[np.uint32]]  # path of a dropout node to its keys [k,2]
    averaging: NDArray[np.float32]  # [k], share of the moving weights taken into the averages
    input_size: Size | None = None  # height and width to resize to; None: as they are

    @property
    def num_steps(self) -> int:
        return len(self.indices)

    @property
    def num_images(self) -> int:
        return self.indices.size

    def head(self, num_steps: int) -> "StepPlan":
        """The plan of the first steps alone."""
        return self._part(0, num_steps)

    def steps(self) -> "Iterator[StepPlan]":
        """The same steps, each a plan of its own."""
        return self.parts(1)

    def parts(self, length: int) -> "Iterator[StepPlan]":
        """The same steps in plans of at most so many."""
        begins = range(0, self.num_steps, length)
        return (self._part(begin, min(begin + length, self.num_steps)) for begin in begins)

    def _part(self, begin: int, end: int) -> "StepPlan":
        return StepPlan(
            first_step=self.first_step + begin,
            indices=self.indices[begin:end],
            draws={name: value[begin:end] for name, value in self.draws.items()},
            rates=self.rates[begin:end],
            dropout={path: keys[begin:end] for path, keys in self.dropout.items()},
            averaging=self.averaging[begin:end],
            input_size=self.input_size,
        )


class Model(Protocol):
    """A network with its recipe on one engine. Made by the engine's `build`."""

    @property
    def device(self) -> str:
        """Where it runs, in words."""
        ...

    @property
    def threads(self) -> int:
        """How many it uses: part of what makes bits the same again."""
        ...

    @property
    def shards(self) -> int:
        """Into how many parts it cuts a batch, each for a thread: part of the same bits too."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, such as a device that was asked for and is absent."""
        ...

    def place(self, images: Images | None, labels: Labels) -> None:
        """Puts the training images [N,H,W,C] and labels [N] on the device, once.

        None for images that are streamed: those come with each plan.
        """

    def start(self, weights: Weights) -> State:
        """A state of step 0: these weights, and an optimiser that has seen nothing."""

    def advance(
        self, state: State, plan: StepPlan, images: NDArray[np.uint8 | np.float32] | None = None
    ) -> tuple[State, NDArray[np.float32], NDArray[np.int32]]:
        """The state after the plan's k steps, their losses [k] and numbers of correct images [k].

        A loss is the mean over its B images. `state` is consumed: do not use it afterwards.
        `images` [k,B,H,W,C], bytes or floats in units of pixels, are those of the plan where they
        are streamed.
        """
        ...

    def predict(self, weights: Weights, images: AnyImages, batch: int) -> Logits:
        """Logits [N,K] in evaluation mode: no dropout, running statistics."""
        ...

    def activations(
        self, weights: Weights, images: Images, paths: Sequence[str]
    ) -> dict[str, NDArray[np.float32]]:
        """The outputs of the named nodes, [N,C,H,W] or [N,F], in evaluation mode."""
        ...

    def pixel_gradients(
        self, weights: Weights, images: Images, labels: Labels
    ) -> NDArray[np.float32]:
        """D logit[label] / d pixel of each image, float32 [N,C,H,W], per level of 0 to 255.

        In evaluation mode, with normalisation inside, so that channels compare with each other. On
        either engine the same within the tolerance of gradients. `labels` int32 [N] say which logit
        of each image: its true class, or the one that the network predicts.
        """
        ...

    def node_seconds(self, state: State, plan: StepPlan) -> NodeSeconds | None:
        """What each node took of the plan's steps, by path; None where it cannot be told apart.

        `state` is consumed, as by `advance`.
        """
        ...

    def save(self, state: State) -> dict[str, NDArray[np.float32]]:
        """Copies of all weights, and of the optimiser's slots as `opt.<slot>.<weight>`.

        All are float32, but for whole numbers and random keys of an optimiser of one's own. Under
        averaging the plain names hold the averages, `moving.<weight>` the weights that the
        optimiser moves.
        """
        ...

    def restore(self, arrays: Weights) -> State:
        """The state that `save` gave these arrays for."""
        ...


OPTIMISER_PREFIX = "opt."
MOVING_PREFIX = "moving."
STATE_PREFIXES = (OPTIMISER_PREFIX, MOVING_PREFIX)


def weights_of(arrays: Weights) -> dict[str, NDArray[np.float32]]:
    """The weights to evaluate among what `Model.save` returns: the averages, if there are any."""
    return {name: value for name, value in arrays.items() if not name.startswith(STATE_PREFIXES)}


def moving_of(arrays: Weights) -> dict[str, NDArray[np.float32]]:
    """The weights that the optimiser moves, among what `Model.save` returns or a plain start.

    >>> moving_of({"w": np.zeros(1), "moving.w": np.ones(1), "opt.step.w": np.ones(1)})
    {'w': array([1.])}
    """
    weights = weights_of(arrays)
    return {name: arrays.get(f"{MOVING_PREFIX}{name}", value) for name, value in weights.items()}


def state_of(arrays: Weights) -> dict[str, NDArray[np.float32]]:
    """What only goes on with a training, among what `Model.save` returns."""
    return {name: value for name, value in arrays.items() if name.startswith(STATE_PREFIXES)}
