"""What batch and layer norms compute, by the last axis of [B,H,W,C] or [B,F]."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from imagette.engines.with_jax.shards import WHOLE, Shards
from imagette.engines.with_jax.sums import by_channel


def normalised(
    x: Array, mean: Array, var: Array, epsilon: float, weight: Array, bias: Array
) -> Array:
    """(x - mean) / sqrt(var + epsilon) * weight + bias."""
    return (x - mean) * (jax.lax.rsqrt(var + epsilon) * weight) + bias


def num_by_channel(x: Array, shards: Shards) -> int:
    """How many numbers of each channel the whole batch has, of which `x` is a shard."""
    return shards.count * x.size // x.shape[-1]


def running(before: Array, now: Array, momentum: float) -> Array:
    """A running statistic after one batch, as torch defines momentum."""
    return (1 - momentum) * before + momentum * now


@partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def batch_normalised(
    x: Array, weight: Array, bias: Array, epsilon: float, shards: Shards = WHOLE
) -> tuple[Array, Array, Array]:
    """`x` by the statistics of this batch, and those: mean and variance (over n), both [C].

    Where `x` is a shard of the batch, they are those of all shards.

    The statistics carry no gradient of their own; reverse mode alone. Source: arXiv 1502.03167.
    """
    return _forward(x, weight, bias, epsilon, shards)[0]


Saved = tuple[Array, Array, Array, Array]


def _forward(
    x: Array, weight: Array, bias: Array, epsilon: float, shards: Shards
) -> tuple[tuple[Array, Array, Array], Saved]:
    num = num_by_channel(x, shards)
    mean = shards.total(by_channel(x)) / num
    var = shards.total(by_channel(jnp.square(x - mean))) / num
    return (normalised(x, mean, var, epsilon, weight, bias), mean, var), (x, weight, mean, var)


def _backward(
    epsilon: float, shards: Shards, saved: Saved, gradients: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array]:
    x, weight, mean, var = saved
    gradient = gradients[0]
    num, inverse = num_by_channel(x, shards), jax.lax.rsqrt(var + epsilon)
    of_bias = by_channel(gradient)
    of_weight = by_channel(gradient * (x - mean)) * inverse
    all_bias, all_weight = shards.total((of_bias, of_weight))
    through_var = (x - mean) * (all_weight * inverse / num)
    of_x = (gradient - all_bias / num - through_var) * (weight * inverse)
    return of_x, of_weight, of_bias


batch_normalised.defvjp(_forward, _backward)
