"""Sums over all but the last axis: XLA adds them faster, and closer, in two steps."""

import jax
from jax import Array, lax


def by_channel(x: Array) -> Array:
    """[B,H,W,C] or [B,F] to [C] or [F]: first over the batch, then over the places.

    One sum over everything adds 131,072 float32 one after the other in vgg8 (docs/log.md).
    """
    over_batch = lax.optimization_barrier(x.sum(0))
    return over_batch.sum(tuple(range(over_batch.ndim - 1)))


@jax.custom_vjp
def add_bias(x: Array, bias: Array) -> Array:
    """`x` plus `bias` [C], whose gradient is such a sum; reverse mode alone."""
    return x + bias


add_bias.defvjp(lambda x, bias: (x + bias, None), lambda _, g: (g, by_channel(g)))
