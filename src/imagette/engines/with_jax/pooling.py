"""Max and average pooling on [B,H,W,C]."""

from functools import reduce
from itertools import product

import jax.numpy as jnp
from jax import Array, lax

from imagette.network.window import Window


def max_pool(x: Array, window: Window) -> Array:
    """The largest of each window; the gradient goes to the first of equal ones, in row-major order.

    Windows side by side are compared two by two, which JAX differentiates as is; its own maximum
    over an axis would share the gradient among ties.
    """
    if _side_by_side(window):
        return reduce(_larger, _taps(x, window))
    padding = _padding(window)
    return lax.reduce_window(
        x, -jnp.inf, lax.max, (1, *window.kernel, 1), (1, *window.stride, 1), padding
    )


def largest(x: Array) -> Array:
    """The largest of each channel, [B,C]; the gradient goes to the first of equal ones."""
    places = x.reshape(len(x), -1, x.shape[3])
    return jnp.take_along_axis(places, places.argmax(1, keepdims=True), 1)[:, 0]


def avg_pool(x: Array, window: Window) -> Array:
    """The mean of each window; padding counts as zeros."""
    if _side_by_side(window):
        total = sum(_taps(x, window))
    else:
        total = lax.reduce_window(
            x, 0.0, lax.add, (1, *window.kernel, 1), (1, *window.stride, 1), _padding(window)
        )
    return jnp.asarray(total) * (1 / window.taps)


def _side_by_side(window: Window) -> bool:
    """Whether windows touch, none overlaps and none is padded."""
    return window.kernel == window.stride and not any(window.margins)


def _taps(x: Array, window: Window) -> list[Array]:
    """For each place in a window, its values in all windows, in row-major order."""
    (kh, kw), (batch, height, width, channels) = window.kernel, x.shape
    rows, columns = height // kh, width // kw
    x = x[:, : rows * kh, : columns * kw].reshape(batch, rows, kh, columns, kw, channels)
    return [x[:, :, i, :, j] for i, j in product(range(kh), range(kw))]


def _larger(first: Array, second: Array) -> Array:
    return jnp.where(first >= second, first, second)


def _padding(window: Window) -> tuple[tuple[int, int], ...]:
    top, bottom, left, right = window.margins
    return ((0, 0), (top, bottom), (left, right), (0, 0))
