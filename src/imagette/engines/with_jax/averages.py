"""Averages of the weights in JAX: trees like those that training moves."""

import jax
import jax.numpy as jnp
from jax import Array

from imagette.engines.with_jax.pure import Tree


def taken(averages: Tree, moving: Tree, share: Array, syncs: bool) -> tuple[Tree, Tree]:
    """(averages, moving) once the averages went `share` of the way; with `syncs`, moving follows.

    At 0 nothing changes, at 1 the averages become the moving arrays, exactly. What is no floating
    point number, such as a count in another library's network, is copied.
    """
    averages = jax.tree.map(
        lambda a, m: jnp.where(share > 0, _between(a, m, share), a), averages, moving
    )
    if syncs:
        moving = jax.tree.map(lambda a, m: jnp.where(share > 0, a, m), averages, moving)
    return averages, moving


def _between(average: Array, moving: Array, share: Array) -> Array:
    """From the nearer end, as torch's lerp has it."""
    if not jnp.issubdtype(average.dtype, jnp.floating):
        return moving
    way = moving - average
    return jnp.where(share < 0.5, average + share * way, moving - way * (1 - share))
