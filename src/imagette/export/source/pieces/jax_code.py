"""What exported files of JAX hold beside their own network and recipe."""

import math
import zlib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax
from numpy.typing import NDArray

from imagette.export.source.pieces.numpy_code import Images

MEAN, DEVIATION = [0.5], [0.5]
SHAPES: dict[str, dict[str, tuple[int, ...]]] = {}

Weights = dict[str, Array]  # by name, as in the file of weights


def preprocess(images: Images) -> Array:
    """Images uint8 [N,H,W,C] as the network reads them, float32 [N,C,H,W]."""
    pixels = jnp.asarray(images).transpose(0, 3, 1, 2) / 255
    mean, deviation = jnp.array(MEAN), jnp.array(DEVIATION)
    return (pixels - mean[:, None, None]) / deviation[:, None, None]


def conv(
    w: Weights,
    name: str,
    x: Array,
    stride: tuple[int, int] = (1, 1),
    padding: Any = "VALID",
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> Array:
    """Convolves [N,C,H,W] with a kernel [out, C / groups, height, width]."""
    y = lax.conv_general_dilated(
        x,
        w[f"{name}.weight"],
        stride,
        padding,
        rhs_dilation=dilation,
        feature_group_count=groups,
    )
    return y + w[f"{name}.bias"][:, None, None] if f"{name}.bias" in w else y


def linear(w: Weights, name: str, x: Array) -> Array:
    """[N,F] times a matrix [out,F], and a bias."""
    y = x @ w[f"{name}.weight"].T
    return y + w[f"{name}.bias"] if f"{name}.bias" in w else y


def max_pool(
    x: Array,
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0)),
) -> Array:
    """The largest of each window of [N,C,H,W]."""
    window, strides = (1, 1, *size), (1, 1, *stride)
    around = ((0, 0), (0, 0), *padding)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, around)


def avg_pool(
    x: Array,
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0)),
) -> Array:
    """The mean of each window of [N,C,H,W]; padding counts as zeros."""
    window, strides = (1, 1, *size), (1, 1, *stride)
    around = ((0, 0), (0, 0), *padding)
    return lax.reduce_window(x, 0.0, lax.add, window, strides, around) / (
        size[0] * size[1]
    )


def batch_norm(
    w: Weights,
    state: Weights,
    name: str,
    x: Array,
    training: bool,
    momentum: float = 0.1,
    epsilon: float = 1e-5,
) -> tuple[Array, Weights]:
    """Each channel of [N,C,H,W] or [N,F] normalised; in training by its own batch.

    Then the running mean and variance move towards those of the batch.
    """
    if training:
        axes, num = (0, *range(2, x.ndim)), x.size // x.shape[1]
        mean, var = x.mean(axes), x.var(axes)
        unbiased = var * num / max(1, num - 1)
        state = state | {
            f"{name}.mean": (1 - momentum) * state[f"{name}.mean"] + momentum * mean,
            f"{name}.var": (1 - momentum) * state[f"{name}.var"] + momentum * unbiased,
        }
    else:
        mean, var = state[f"{name}.mean"], state[f"{name}.var"]
    return normalised(
        w, name, x, channelwise(mean, x), channelwise(var, x), epsilon
    ), state


def layer_norm(w: Weights, name: str, x: Array, epsilon: float = 1e-5) -> Array:
    """Each pixel of [N,C,H,W], or each row of [N,F], normalised over its channels."""
    mean, var = x.mean(1, keepdims=True), x.var(1, keepdims=True)
    return normalised(w, name, x, mean, var, epsilon)


def normalised(
    w: Weights, name: str, x: Array, mean: Array, var: Array, epsilon: float
) -> Array:
    """Mean 0 and deviation 1, then the norm's own scale and offset."""
    scale, offset = w[f"{name}.weight"], w[f"{name}.bias"]
    x = (x - mean) * lax.rsqrt(var + epsilon)
    return x * channelwise(scale, x) + channelwise(offset, x)


def channelwise(values: Array, x: Array) -> Array:
    """[C] so that it goes with the channels of [N,C,H,W] or [N,C]."""
    return values.reshape(-1, *[1] * (x.ndim - 2))


def scale(w: Weights, name: str, x: Array) -> Array:
    """Each channel (or feature) times a weight of its own."""
    return x * channelwise(w[f"{name}.weight"], x)


def attention(w: Weights, name: str, x: Array, heads: int) -> Array:
    """Multi-head self-attention over the pixels of [N,C,H,W]."""
    batch, channels, height, width = x.shape

    def affine(which: str, y: Array) -> Array:
        y = y @ w[f"{name}.{which}_weight"].T
        bias = w.get(f"{name}.{which}_bias")
        return y if bias is None else y + bias

    pixels = x.reshape(batch, channels, -1).transpose(0, 2, 1)
    parts = affine("qkv", pixels).reshape(batch, -1, 3, heads, channels // heads)
    q, k, v = jnp.moveaxis(parts, 2, 0)  # each [N, H*W, heads, C / heads]
    scores = jnp.einsum("nqhd,nkhd->nhqk", q, k) / math.sqrt(channels / heads)
    seen = jnp.einsum("nhqk,nkhd->nqhd", jax.nn.softmax(scores), v)
    made = affine("out", seen.reshape(pixels.shape))
    return made.transpose(0, 2, 1).reshape(batch, channels, height, width)


def dropout(name: str, x: Array, rate: float, key: Array | None) -> Array:
    """Drops elements in training; without a key it does nothing."""
    if key is None:
        return x
    own_key = jax.random.fold_in(key, zlib.crc32(name.encode()))
    kept = jax.random.bernoulli(own_key, 1 - rate, x.shape)
    return jnp.where(kept, x / (1 - rate), 0)


def orthogonalised(num_steps: int) -> optax.GradientTransformation:
    """Makes updates nearly orthogonal, matrix by matrix: the heart of Muon.

    Source: Keller Jordan, 2024, https://kellerjordan.github.io/posts/muon
    """

    def orthogonal(update: Array) -> Array:
        a, b, c = 3.4445, -4.7750, 2.0315
        matrix = update.reshape(len(update), -1)
        x = matrix / (jnp.linalg.norm(matrix) + 1e-7)
        wide = x.shape[0] <= x.shape[1]
        x = x if wide else x.T
        for _ in range(num_steps):  # Newton-Schulz: singular values go near 1
            square = x @ x.T
            x = a * x + (b * square + c * square @ square) @ x
        factor = math.sqrt(max(1, matrix.shape[0] / matrix.shape[1]))
        return (factor * (x if wide else x.T)).reshape(update.shape)

    return optax.stateless(lambda updates, _: jax.tree.map(orthogonal, updates))


def on_sphere() -> optax.GradientTransformation:
    """Updates that end on weights of the Frobenius norm sqrt(outputs)."""

    def to_sphere(update: Array, weight: Array) -> Array:
        moved = weight + update
        norm = jnp.maximum(jnp.linalg.norm(moved.ravel()), 1e-7)  # 0, not 0 / 0
        return moved * (math.sqrt(len(moved)) / norm) - weight

    return optax.stateless(
        lambda updates, params: jax.tree.map(to_sphere, updates, params)
    )


def first_weights(key: Array) -> Weights:
    """Norms 1 and 0, all else uniform within 1 / sqrt(fan in)."""
    weights = {}
    for layer, shapes in SHAPES.items():
        for kind, shape in shapes.items():
            key, own_key = jax.random.split(key)
            kernel = shapes.get(kind.replace("bias", "weight"), shape)
            if len(kernel) == 1:  # of a norm
                value = jnp.full(shape, float(kind in ("weight", "var")))
            else:
                bound = 1 / math.sqrt(math.prod(kernel[1:]))
                value = jax.random.uniform(own_key, shape, minval=-bound, maxval=bound)
            weights[f"{layer}.{kind}"] = value
    return weights


def first_weights_without_norms(key: Array) -> Weights:
    """All uniform within 1 / sqrt(fan in)."""
    weights = {}
    for layer, shapes in SHAPES.items():
        for kind, shape in shapes.items():
            key, own_key = jax.random.split(key)
            kernel = shapes.get(kind.replace("bias", "weight"), shape)
            bound = 1 / math.sqrt(math.prod(kernel[1:]))
            value = jax.random.uniform(own_key, shape, minval=-bound, maxval=bound)
            weights[f"{layer}.{kind}"] = value
    return weights


def moving_towards(averages: Any, weights: Any, share: float) -> Any:
    """The averages after they went a share of the way to the weights."""
    return jax.tree.map(lambda a, w: a + share * (w - a), averages, weights)


def as_arrays(weights: Mapping[str, Array]) -> dict[str, NDArray[Any]]:
    """What a file of weights takes."""
    return {name: np.asarray(value) for name, value in weights.items()}
