"""The fastest that a convolution runs on JAX on this machine."""

from time import perf_counter

import jax
import jax.numpy as jnp
from jax import Array, lax

from imagette.engines.convolution_case import BATCH, CHANNELS, KERNEL, OPERATIONS, SIDE
from imagette.engines.protocol import EngineSpec
from imagette.engines.with_jax.backend import begin, choose_device, working


def convolution_rate(spec: EngineSpec, seconds: float) -> float:
    """As `imagette.run.engine.Engine.convolution_rate` says; outside a loop, where XLA is fast."""
    begin(spec.num_threads)
    with working(choose_device(spec.device)):
        x = jnp.ones((BATCH, SIDE, SIDE, CHANNELS))
        kernel = jnp.ones((KERNEL, KERNEL, CHANNELS, CHANNELS))
        jax.block_until_ready(_both_ways(x, kernel))  # compiled
        end, fastest = perf_counter() + seconds, float("inf")
        while perf_counter() < end:
            began = perf_counter()
            jax.block_until_ready(_both_ways(x, kernel))
            fastest = min(fastest, perf_counter() - began)
    return OPERATIONS / fastest / 1e9


@jax.jit
def _both_ways(x: Array, kernel: Array) -> tuple[Array, tuple[Array, ...]]:
    output, gradients_of = jax.vjp(_convolved, x, kernel)
    return output, gradients_of(x)


def _convolved(x: Array, kernel: Array) -> Array:
    return lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
