"""Muon in JAX: momentum whose matrices are made nearly orthogonal."""

from math import sqrt
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

from imagette.engines.with_jax.pure import Tree
from imagette.recipe.optimisers import NEWTON_SCHULZ, SMALLEST_NORM


def orthogonalised(num_steps: int) -> optax.GradientTransformation:
    """Each update as a matrix [out, the rest], made nearly orthogonal and scaled as Muon says.

    Weights lie as `layout` lays them out, with their outputs on the last axis.
    """

    def one(update: Array) -> Array:
        matrix = update.reshape(-1, update.shape[-1]).T
        scaled = orthogonal(matrix, num_steps) * sqrt(max(1, matrix.shape[0] / matrix.shape[1]))
        return scaled.T.reshape(update.shape)

    def update(updates: Tree, state: Any, _params: Tree = None) -> tuple[Tree, Any]:
        return jax.tree.map(one, updates), state

    return optax.GradientTransformation(optax.init_empty_state, update)


def orthogonal(matrix: Array, num_steps: int) -> Array:
    """The matrix with its singular values near 1, by Newton-Schulz steps of fifth order."""
    a, b, c = NEWTON_SCHULZ
    x = matrix / (jnp.sqrt(jnp.sum(jnp.square(matrix))) + SMALLEST_NORM)
    wide = len(x) <= x.shape[1]
    x = x if wide else x.T
    for _ in range(num_steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide else x.T


def normalised(weight: Array) -> Array:
    """The weight, its outputs on the last axis, at the Frobenius norm sqrt(outputs)."""
    norm = jnp.maximum(jnp.sqrt(jnp.sum(jnp.square(weight))), SMALLEST_NORM)
    return weight * (sqrt(weight.shape[-1]) / norm)
