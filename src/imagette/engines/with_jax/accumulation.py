"""The gradient of a batch from that of its parts, and its norm."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from imagette.engines.with_jax.pure import Tree

LossOfPart = Callable[[Tree, Tree, slice], tuple[Array, tuple[Array, Tree]]]
"""(params, fixed, part) to what the part adds to the loss, and (its outputs, fixed after it)."""


def accumulated(
    loss_of: LossOfPart, params: Tree, fixed: Tree, parts: Sequence[slice]
) -> tuple[tuple[Array, tuple[Array, Tree]], Tree]:
    """The loss of all parts, (their outputs, fixed after them), and the gradient by `params`."""
    losses, outputs, gradients = [], [], []
    for part in parts:
        found, gradient = jax.value_and_grad(loss_of, has_aux=True)(params, fixed, part)
        loss, (output, fixed) = found
        losses.append(loss)
        outputs.append(output)
        gradients.append(gradient)
    total: Any = jax.tree.map(lambda *each: sum(each[1:], each[0]), *gradients)
    return (sum(losses[1:], losses[0]), (jnp.concatenate(outputs), fixed)), total


def clipped(gradients: Tree, limit: float) -> Tree:
    """Scaled so that their norm as one vector is `limit` at most, by the rule of `Recipe.clip`."""
    norm = jnp.sqrt(sum(jnp.sum(jnp.square(g)) for g in jax.tree.leaves(gradients)))
    scale = jnp.minimum(1.0, limit / (norm + 1e-6))
    return jax.tree.map(lambda g: g * scale, gradients)
