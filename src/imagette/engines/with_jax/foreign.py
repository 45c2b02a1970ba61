"""A network of another library where `Forward` runs those of the language: the same functions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from imagette.arrays import Weights
from imagette.engines.meanings import NUM_IMAGES, Batch
from imagette.engines.with_jax.naming import from_arrays, leaves_of, to_arrays, weights_of
from imagette.engines.with_jax.pure import PureNetwork, Tree, first_key, key_of
from imagette.engines.with_jax.shards import WHOLE, Shards
from imagette.engines.with_jax.trace import Reader, evaluation_program
from imagette.errors import UsageError, nearest


@dataclass(frozen=True)
class PureForward:
    """The network's functions; images in are float32 [B,H,W,C], already normalised."""

    network: PureNetwork

    def start(self, weights: Weights) -> tuple[Tree, Tree]:
        """What is trained and what is not, filled with these values."""
        params = self.like_params(weights)
        return params, from_arrays(self.network.state, weights, self.network.name)

    def like_params(self, weights: Weights) -> Tree:
        """A tree like the parameters, such as an optimiser's slot, filled with these values."""
        return from_arrays(self.network.params, weights, self.network.name)

    def names(self, params: Tree) -> Tree:
        """A tree like the parameters, of their names."""
        return jax.tree.unflatten(jax.tree.structure(params), [n for n, _ in leaves_of(params)])

    def stored(self, tree: Tree) -> dict[str, NDArray[np.float32]]:
        """A tree like the parameters or the state as a checkpoint holds it."""
        return to_arrays(tree)

    def train(
        self,
        images: Array,
        params: Tree,
        state: Tree,
        keys: Mapping[str, Array],
        first: int = 0,
        _shards: Shards = WHOLE,
    ) -> tuple[Array, Tree]:
        """Logits in training mode, and the state after this batch.

        Of a part of a batch, `first` is the number of its first image: each part draws anew.
        """
        (bits,) = keys.values()
        key = jax.random.fold_in(key_of(bits), first) if first else key_of(bits)
        return self.network.apply(params, state, self._as_taken(images), key, True)

    def evaluate(self, images: Array, params: Tree, state: Tree) -> Array:
        """Logits in evaluation mode."""
        return self.network.apply(params, state, self._as_taken(images), first_key(0), False)[0]

    def activations(
        self, images: Array, params: Tree, state: Tree, paths: Collection[str]
    ) -> dict[str, Array]:
        """The outputs of the named nodes, in evaluation mode; pictures as [B,H,W,C]."""
        alone = len(images) == 1  # libraries may take other ways then, so paths would differ
        if alone:
            images = jnp.repeat(images, NUM_IMAGES[0], 0)
        given = self._as_taken(images)
        program = evaluation_program(self.network, params, state, given)
        known = Reader(self.network, program, len(images), weights_of(self.network)).read().values
        if wrong := [path for path in paths if path not in known]:
            raise UsageError(f"No layer is called '{wrong[0]}'. {nearest(wrong[0], known)}")
        made = program.run(*jax.tree.leaves((params, state)), given)
        kept = {path: made[known[path]] for path in paths}
        if alone:
            kept = {path: _first(value) for path, value in kept.items()}
        return {path: self._channels_last(value) for path, value in kept.items()}

    def _as_taken(self, images: Array) -> Array:
        return images if self.network.axes == "NHWC" else jnp.moveaxis(images, 3, 1)

    def _channels_last(self, value: Array) -> Array:
        first = self.network.axes == "NCHW" and value.ndim == 4
        return jnp.moveaxis(value, 1, 3) if first else value


def _first(value: Array) -> Array:
    """What the first of the repeated images has of it."""
    axis = Batch(NUM_IMAGES[0]).axis(value.shape)
    if axis is None:
        return value
    return jax.lax.slice_in_dim(value, 0, value.shape[axis] // NUM_IMAGES[0], axis=axis)
