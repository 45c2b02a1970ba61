"""What a user may bring to the JAX engine: a network of any library, an Optax optimiser, a loss."""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from numpy.typing import NDArray

from imagette.arrays import Labels, Logits
from imagette.engines.own import OwnParts, Part
from imagette.engines.with_jax.adapters import pure_network
from imagette.engines.with_jax.naming import leaves_of, to_arrays
from imagette.engines.with_jax.pure import PureNetwork, Tree, first_key
from imagette.engines.with_jax.trace import trace
from imagette.errors import UsageError
from imagette.evaluate.losses import Loss, Losses
from imagette.network.graph import Graph, Shape
from imagette.pointers import told_in_one_line

LossOf = Callable[[Tree], tuple[Array, Any]]
"""From parameters to the loss of this batch and what else came of it (outputs, state)."""

Step = Callable[[Tree, Tree, Tree], tuple[Tree, Tree]]
"""(gradients, slots, params) to (params, slots): one step of the optimiser at the present rate."""

Update = Callable[[LossOf, Step, Tree, Tree], tuple[Tree, Tree, Array, Any]]
"""(loss_of, step, params, slots) to (params, slots, loss, what else came of that loss)."""


@dataclass(frozen=True)
class Own:
    """Implements `imagette.engines.own.Own`; what is None comes from graph and recipe."""

    network: PureNetwork | None = None
    optimiser: optax.GradientTransformation | None = None
    loss: Callable[[Array, Array], Array] | None = None
    update: Update | None = None

    @property
    def looks_at_batches(self) -> bool:
        """Whether something here may look at all images of a batch together."""
        return bool(self.network or self.loss or self.update)

    @property
    def has_network(self) -> bool:
        return self.network is not None

    def graph(self, input_shape: Shape, classes: int) -> Graph:
        assert self.network is not None
        with jax.enable_x64(False):
            return trace(self.network, input_shape, classes)

    def first_values(self) -> dict[str, NDArray[np.float32]]:
        assert self.network is not None
        return to_arrays(self.network.params) | to_arrays(self.network.state)

    def loss_in_numpy(self) -> Loss | None:
        return None if self.loss is None else _loss_in_numpy(self.loss)


def own_of(parts: OwnParts) -> Own:
    """The parts that an experiment names, made and checked. Raises UsageError, naming the part."""
    network, optimiser, loss, update = parts.network, parts.optimiser, parts.loss, parts.update
    return Own(
        network=_network(network, parts.input_shape, parts.seed) if network else None,
        optimiser=own_optimiser(optimiser.function(), optimiser.name) if optimiser else None,
        loss=own_loss(loss.function, loss.name) if loss else None,
        update=own_update(update.function, update.name) if update else None,
    )


def _network(part: Part, input_shape: Shape, seed: int) -> PureNetwork:
    """What the factory returns, which must have the same names whenever it is called."""
    wanted = part.parameters()  # runs the user's file: the libraries that it needs are there now

    def make() -> PureNetwork:
        with _seeded(seed), jax.enable_x64(False):
            made = part.function(**_offered(wanted, seed))
            return pure_network(made, part.name, input_shape, seed)

    network = make()
    traced = network.library in ("Haiku", "Flax")  # whose init JAX can follow: nothing is computed
    again = jax.eval_shape(lambda: _trees(make())) if traced else _trees(make())
    _check_names(network, again)
    return network


def _trees(network: PureNetwork) -> tuple[Tree, Tree]:
    return network.params, network.state


def _check_names(network: PureNetwork, again: tuple[Tree, Tree]) -> None:
    first, later = (
        [f"{name} {list(np.shape(leaf))}" for tree in trees for name, leaf in leaves_of(tree)]
        for trees in (_trees(network), again)
    )
    for one, other in zip_longest(first, later, fillvalue="nothing"):
        if one != other:
            raise UsageError(
                f"{network.name}, made twice, has other arrays: {one}, then {other}. Checkpoints "
                "find them by name and shape: give its modules names that stay the same."
            )


def _offered(wanted: Any, seed: int) -> dict[str, Any]:
    """What some libraries' constructors ask for by name."""
    offered: dict[str, Any] = {"key": first_key(seed)} if "key" in wanted else {}
    if "rngs" in wanted and "flax.nnx" in sys.modules:
        offered["rngs"] = sys.modules["flax.nnx"].Rngs(seed)
    return offered


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Lets Keras, which keeps a generator and counters of its own, begin as at a start."""
    if (keras := sys.modules.get("keras")) is None:
        yield
        return
    python, numpy = random.getstate(), np.random.get_state()
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def own_optimiser(made: object, what: str) -> optax.GradientTransformation:
    """Raises UsageError unless it is one of Optax; the plan's rate multiplies its updates."""
    if not isinstance(made, optax.GradientTransformation):
        raise UsageError(
            f"{what} must return an optax.GradientTransformation, such as optax.adam(0.001). "
            f"Got a {type(made).__name__}."
        )
    return made


def own_loss(function: Callable[..., Any], what: str) -> Callable[[Array, Array], Array]:
    """The function as the engine calls it: a scalar, the mean of what came back."""

    def loss(outputs: Array, labels: Array) -> Array:
        with told_in_one_line(f"{what} raised"):
            value = function(outputs, labels)
        if not isinstance(value, Array) or value.ndim > 1 or not _is_real(value):
            got = (
                f"{value.dtype} {list(value.shape)}"
                if isinstance(value, Array)
                else type(value).__name__
            )
            raise UsageError(f"{what} must return one number, or one an image. Got {got}.")
        return value.mean()

    return loss


def _is_real(value: Array) -> bool:
    return bool(jnp.issubdtype(value.dtype, jnp.floating))


def own_update(function: Callable[..., Any], what: str) -> Update:
    """The function as the engine calls it: what comes back has the form of what was given."""

    def update(
        loss_of: LossOf, step: Step, params: Tree, slots: Tree
    ) -> tuple[Tree, Tree, Array, Any]:
        with told_in_one_line(f"{what} raised"):
            returned = function(loss_of, step, params, slots)
        if not isinstance(returned, tuple) or len(returned) != 4:
            raise UsageError(
                f"{what} must return (params, slots, loss, aux). Got a {type(returned).__name__}."
            )
        for given, after, word in zip((params, slots), returned, ("params", "slots"), strict=False):
            if _form(given) != _form(after):
                raise UsageError(f"{what} must return {word} of the form that it was given.")
        return returned

    return update


def _form(tree: Tree) -> Any:
    return jax.tree.structure(tree), [(x.shape, x.dtype) for x in jax.tree.leaves(tree)]


def _loss_in_numpy(loss: Callable[[Array, Array], Array]) -> Callable[[Logits, Labels], Losses]:
    """The same loss for evaluation: from stored logits to an array whose mean it is."""

    def losses(logits: Logits, labels: Labels) -> Losses:
        return np.array([loss(jnp.asarray(logits), jnp.asarray(labels, jnp.int32)).item()])

    return losses
