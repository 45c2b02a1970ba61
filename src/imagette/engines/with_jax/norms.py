"""What batch and layer norms compute, by the last axis of [B,H,W,C] or [B,F]."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from imagette.engines.with_jax.sums import by_channel


def normalised(
    x: Array, mean: Array, var: Array, epsilon: float, weight: Array, bias: Array
) -> Array:
    """(x - mean) / sqrt(var + epsilon) * weight + bias."""
    return (x - mean) * (jax.lax.rsqrt(var + epsilon) * weight) + bias


def running(before: Array, now: Array, momentum: float) -> Array:
    """A running statistic after one batch, as torch defines momentum."""
    return (1 - momentum) * before + momentum * now


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def batch_normalised(
    x: Array, weight: Array, bias: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """`x` by the statistics of this batch, and those: mean and variance (over n), both [C].

    The statistics carry no gradient of their own; reverse mode alone. Source: arXiv 1502.03167.
    """
    return _forward(x, weight, bias, epsilon)[0]


Saved = tuple[Array, Array, Array, Array]


def _forward(
    x: Array, weight: Array, bias: Array, epsilon: float
) -> tuple[tuple[Array, Array, Array], Saved]:
    num = x.size // x.shape[-1]
    mean = by_channel(x) / num
    var = by_channel(jnp.square(x - mean)) / num
    return (normalised(x, mean, var, epsilon, weight, bias), mean, var), (x, weight, mean, var)


def _backward(
    epsilon: float, saved: Saved, gradients: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array]:
    x, weight, mean, var = saved
    gradient = gradients[0]
    num, inverse = x.size // x.shape[-1], jax.lax.rsqrt(var + epsilon)
    of_bias = by_channel(gradient)
    of_weight = by_channel(gradient * (x - mean)) * inverse
    through_var = (x - mean) * (of_weight * inverse / num)
    of_x = (gradient - of_bias / num - through_var) * (weight * inverse)
    return of_x, of_weight, of_bias


batch_normalised.defvjp(_forward, _backward)
