"""Dropout whose masks are bit-equal to `imagette.engines.random.dropout_keep`."""

import jax
import jax.numpy as jnp
from jax import Array

from imagette.engines.random import HASH_MULTIPLIERS, keep_threshold


def dropout(x: Array, key: Array, rate: float, first: Array | int = 0) -> Array:
    """`x` where kept, divided by the share kept, else 0. `key` uint32 [2] of this step and node.

    `first` is the number that the first image of `x` has in its batch.
    """
    kept = _hash(_element_numbers(x, first), key) >= jnp.uint32(keep_threshold(rate))
    return x * (kept.astype(x.dtype) * (1 / (1 - rate)))


def _hash(numbers: Array, key: Array) -> Array:
    hashed = numbers ^ key[0]
    hashed = (hashed ^ (hashed >> 16)) * jnp.uint32(HASH_MULTIPLIERS[0]) + key[1]
    return (hashed ^ (hashed >> 15)) * jnp.uint32(HASH_MULTIPLIERS[1])


def _element_numbers(x: Array, first: Array | int) -> Array:
    """0, 1, 2, ... through batch, channels, rows, columns; [B,H,W,C] or [B,F]."""
    axes = (0, 3, 1, 2) if x.ndim == 4 else (0, 1)
    numbers, stride = jnp.uint32(first * (x.size // len(x))), 1
    for axis in reversed(axes):
        along = jax.lax.broadcasted_iota(jnp.uint32, x.shape, axis)
        numbers = numbers + along * jnp.uint32(stride)
        stride *= x.shape[axis]
    return jnp.asarray(numbers)
