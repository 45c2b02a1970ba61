"""Code of a user's own: its parts as an experiment names them, and what an engine makes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imagette.evaluate.losses import Loss
from imagette.network.graph import Graph, Shape


@dataclass(frozen=True)
class Part:
    """A function of the user's, and what messages call it."""

    name: str
    function: Callable[..., Any]
    parameters: Callable[[], Sequence[str]] = tuple  # that an engine may fill by name


@dataclass(frozen=True)
class OwnParts:
    """What an experiment names; None where it names nothing, and the recipe says it all."""

    seed: int
    input_shape: Shape  # [C,H,W]
    network: Part | None = None  # returns a network of some library
    loss: Part | None = None
    optimiser: Part | None = None
    update: Part | None = None


class Own(Protocol):
    """The same, made ready by an engine's `own_of`."""

    @property
    def has_network(self) -> bool: ...

    def graph(self, input_shape: Shape, classes: int) -> Graph:
        """What the network computes on one image, from watching it; only if there is one.

        Raises UsageError for a network that cannot be trained, saved or restored.
        """
        ...

    def first_values(self) -> dict[str, NDArray[np.float32]]:
        """What training begins with, by the network's own names; only if there is one."""
        ...

    def loss_in_numpy(self) -> Loss | None:
        """The own loss for evaluation, from stored logits; None if there is none."""
        ...
