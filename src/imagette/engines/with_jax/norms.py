"""What batch and layer norms share."""

import jax
from jax import Array


def normalised(
    x: Array, mean: Array, var: Array, epsilon: float, weight: Array, bias: Array
) -> Array:
    """(x - mean) / sqrt(var + epsilon) * weight + bias, by the last axis."""
    return (x - mean) * (jax.lax.rsqrt(var + epsilon) * weight) + bias


def running(before: Array, now: Array, momentum: float) -> Array:
    """A running statistic after one batch, as torch defines momentum; no gradient."""
    return (1 - momentum) * before + momentum * jax.lax.stop_gradient(now)
