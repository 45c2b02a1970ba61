"""The small network of source 004, written by hand: parameters in a tree, and one pure function.

A layer is a pair of functions: one makes its parameters, the other is a function of them and of x.
Pictures are [B,H,W,C]. Nothing but JAX is needed to read it.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

Params = Any  # dicts and lists of arrays

WIDTHS = (8, 16, 32)


def make(classes: int = 10, hidden: int = 64) -> tuple[Callable[..., Params], Callable[..., Array]]:
    """The pair (init, apply) that imagette trains."""

    def init(key: Array, images: Array) -> Params:
        """Parameters as a tree of dicts and lists; a bound of 1/sqrt(inputs) for every weight."""
        keys = iter(jax.random.split(key, 32))
        colours = images.shape[-1]
        stages: list[dict[str, Params]] = []
        for before, width in zip((None, *WIDTHS), WIDTHS, strict=False):
            stage = {
                "depthwise": conv_init(next(keys), 7, 1, width),
                "norm": norm_init(width),
                "widen": conv_init(next(keys), 1, width, 2 * width),
                "narrow": conv_init(next(keys), 1, 2 * width, width),
            }
            if before:
                stage["halve_norm"] = norm_init(before)
                stage["halve"] = conv_init(next(keys), 2, before, width)
            stages.append(stage)
        return {
            "patches": conv_init(next(keys), 4, colours, WIDTHS[0]),
            "patches_norm": norm_init(WIDTHS[0]),
            "stages": stages,
            "norm": norm_init(WIDTHS[-1]),
            "hidden": linear_init(next(keys), WIDTHS[-1], hidden),
            "logits": linear_init(next(keys), hidden, classes),
        }

    return jax.jit(init), apply  # one program instead of a hundred small ones


def apply(params: Params, images: Array) -> Array:
    """Images [B,28,28,1] to logits [B,classes]."""
    x = conv(params["patches"], images, stride=4)
    x = layer_norm(params["patches_norm"], x)
    for stage in params["stages"]:
        if "halve" in stage:
            x = layer_norm(stage["halve_norm"], x)
            x = conv(stage["halve"], x, stride=2)
        x = block(stage, x)
    x = layer_norm(params["norm"], x.mean((1, 2)))
    return linear(params["logits"], linear(params["hidden"], x))


def block(params: Params, x: Array) -> Array:
    """ConvNeXt's block without its residual: each channel by itself, then each pixel by itself."""
    x = conv(params["depthwise"], x, padding=3, groups=x.shape[-1])
    x = layer_norm(params["norm"], x)
    x = gelu(conv(params["widen"], x))
    return conv(params["narrow"], x)


def conv_init(key: Array, size: int, inputs: int, outputs: int) -> Array:
    """A kernel [size,size,inputs of a group,outputs], without bias."""
    return uniform(key, (size, size, inputs, outputs), size * size * inputs)


def conv(kernel: Array, x: Array, stride: int = 1, padding: int = 0, groups: int = 1) -> Array:
    return lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(stride, stride),
        padding=((padding, padding), (padding, padding)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )


def linear_init(key: Array, inputs: int, outputs: int) -> dict[str, Array]:
    weight, bias = jax.random.split(key)
    return {
        "weight": uniform(weight, (inputs, outputs), inputs),
        "bias": uniform(bias, (outputs,), inputs),
    }


def linear(params: dict[str, Array], x: Array) -> Array:
    return x @ params["weight"] + params["bias"]


def norm_init(width: int) -> dict[str, Array]:
    return {"weight": jnp.ones(width), "bias": jnp.zeros(width)}


def layer_norm(params: dict[str, Array], x: Array, epsilon: float = 1e-5) -> Array:
    """Each pixel by the mean and the variance of its own channels."""
    x = x - x.mean(-1, keepdims=True)
    variance = jnp.square(x).mean(-1, keepdims=True)
    return x * lax.rsqrt(variance + epsilon) * params["weight"] + params["bias"]


def gelu(x: Array) -> Array:
    """The exact one: x times the share of a normal distribution that lies below x."""
    return x * (0.5 * (1 + lax.erf(x / 2**0.5)))


def uniform(key: Array, shape: tuple[int, ...], inputs: int) -> Array:
    bound = inputs**-0.5
    return jax.random.uniform(key, shape, minval=-bound, maxval=bound)
