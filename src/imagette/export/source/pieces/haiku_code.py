"""What exported files of Haiku hold beside their own network and recipe."""

import math
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

Weights = tuple[Any, Any]  # what is moved, and the state; both by module and name


def conv(
    name: str,
    x: Array,
    channels: int,
    kernel: tuple[int, int],
    padding: Any = "VALID",
    **options: Any,
) -> Array:
    """Convolves [N,C,H,W]."""
    options |= {"padding": padding, "data_format": "NCHW", "name": name}
    return hk.Conv2D(channels, kernel, **options)(x)


class BatchNorm(hk.Module):
    """Each channel normalised; in training by its own batch, as PyTorch defines it.

    Haiku's own keeps its averages in another way.
    """

    def __init__(self, name: str, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__(name)
        self.momentum, self.epsilon = momentum, epsilon

    def __call__(self, x: Array, training: bool) -> Array:
        shape = (1, x.shape[1], *[1] * (x.ndim - 2))
        scale = hk.get_parameter("scale", x.shape[1:2], init=jnp.ones)
        offset = hk.get_parameter("offset", x.shape[1:2], init=jnp.zeros)
        mean = hk.get_state("mean", x.shape[1:2], init=jnp.zeros)
        var = hk.get_state("var", x.shape[1:2], init=jnp.ones)
        if training:
            axes, num = (0, *range(2, x.ndim)), x.size // x.shape[1]
            share, old = self.momentum, (mean, var)
            mean, var = x.mean(axes), x.var(axes)
            unbiased = var * num / max(1, num - 1)
            hk.set_state("mean", (1 - share) * old[0] + share * mean)
            hk.set_state("var", (1 - share) * old[1] + share * unbiased)
        x = (x - mean.reshape(shape)) * jax.lax.rsqrt(var.reshape(shape) + self.epsilon)
        return x * scale.reshape(shape) + offset.reshape(shape)


class LayerNorm(hk.Module):
    """Each pixel of [N,C,H,W], or each row of [N,F], normalised over its channels."""

    def __init__(self, name: str, epsilon: float = 1e-5) -> None:
        super().__init__(name)
        self.epsilon = epsilon

    def __call__(self, x: Array) -> Array:
        shape = (1, x.shape[1], *[1] * (x.ndim - 2))
        scale = hk.get_parameter("scale", x.shape[1:2], init=jnp.ones)
        offset = hk.get_parameter("offset", x.shape[1:2], init=jnp.zeros)
        mean, var = x.mean(1, keepdims=True), x.var(1, keepdims=True)
        x = (x - mean) * jax.lax.rsqrt(var + self.epsilon)
        return x * scale.reshape(shape) + offset.reshape(shape)


class Scale(hk.Module):
    """Each channel (or feature) times a weight of its own."""

    def __init__(self, name: str, initial: float = 1.0) -> None:
        super().__init__(name)
        self.initial = initial

    def __call__(self, x: Array) -> Array:
        init = hk.initializers.Constant(self.initial)
        scale = hk.get_parameter("scale", x.shape[1:2], init=init)
        return x * scale.reshape(-1, *[1] * (x.ndim - 2))


class Attention(hk.Module):
    """Multi-head self-attention over the pixels of [N,C,H,W]."""

    def __init__(self, name: str, heads: int, bias: bool = True) -> None:
        super().__init__(name)
        self.heads, self.bias = heads, bias

    def __call__(self, x: Array) -> Array:
        batch, channels, height, width = x.shape
        pixels = x.reshape(batch, channels, -1).transpose(0, 2, 1)
        qkv = hk.Linear(3 * channels, self.bias, name="qkv")(pixels)
        parts = qkv.reshape(batch, -1, 3, self.heads, channels // self.heads)
        q, k, v = jnp.moveaxis(parts, 2, 0)  # each [N, H*W, heads, C / heads]
        scores = jnp.einsum("nqhd,nkhd->nhqk", q, k) / math.sqrt(channels / self.heads)
        seen = jnp.einsum("nhqk,nkhd->nqhd", jax.nn.softmax(scores), v)
        made = hk.Linear(channels, self.bias, name="out")(seen.reshape(pixels.shape))
        return made.transpose(0, 2, 1).reshape(batch, channels, height, width)


def dropout(x: Array, rate: float, training: bool) -> Array:
    """Drops elements in training."""
    return hk.dropout(hk.next_rng_key(), rate, x) if training else x


def as_arrays(weights: Weights) -> dict[str, NDArray[Any]]:
    """What a file of weights takes: both parts, by module and name."""
    return {
        f"{module}/{name}": np.asarray(value)
        for part in weights
        for module, values in part.items()
        for name, value in values.items()
    }
