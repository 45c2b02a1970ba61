"""A convolution as one matrix product over patches: best where channels are few."""

from functools import partial
from itertools import product

import jax
import jax.numpy as jnp
from jax import Array, lax

from imagette.network.window import Window

IMAGES_AT_A_TIME = 16  # more would leave the cache


def taps(window: Window, x: Array) -> list[Array]:
    """What each tap of the kernel sees at all places, [B,H',W',C], in row-major order."""
    (kh, kw), (dh, dw) = window.kernel, window.dilation
    picture = padded(window, x)
    rows, columns = window.places(x.shape[1], x.shape[2])
    return [
        _every(
            _every(picture, 1, i * dh, rows, window.stride[0]), 2, j * dw, columns, window.stride[1]
        )
        for i, j in product(range(kh), range(kw))
    ]


def along_columns(window: Window, x: Array) -> Array:
    """What each column of taps sees, side by side: [B,H+margins,W',kw*C]; `rows_of` take its rows.

    XLA decides for every element of a gather where it comes from, so two gathers from few pictures
    are faster than one from many.
    """
    (_, kw), (_, dw) = window.kernel, window.dilation
    _, columns = window.places(x.shape[1], x.shape[2])
    picture = padded(window, x)
    seen = [_every(picture, 2, j * dw, columns, window.stride[1]) for j in range(kw)]
    wide: Array = lax.optimization_barrier(jnp.concatenate(seen, -1))
    return wide


def rows_of(window: Window, wide: Array, num_rows: int) -> list[Array]:
    """What each row of taps sees, [B,H',W',kw*C], from what its columns see."""
    (kh, _), (dh, _) = window.kernel, window.dilation
    return [_every(wide, 1, i * dh, num_rows, window.stride[0]) for i in range(kh)]


def patches(window: Window, x: Array) -> Array:
    """What all taps see, side by side, [B,H',W',kh*kw*C]."""
    num_rows, _ = window.places(x.shape[1], x.shape[2])
    return jnp.concatenate(rows_of(window, along_columns(window, x), num_rows), -1)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def convolve(window: Window, x: Array, kernel: Array) -> Array:
    """`x` [B,H,W,C] with `kernel` [kh,kw,C,O]; reverse mode alone."""
    return _forward(window, x, kernel)[0]


def _forward(window: Window, x: Array, kernel: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    if len(x) > IMAGES_AT_A_TIME and len(x) % IMAGES_AT_A_TIME == 0:
        parts = x.reshape(-1, IMAGES_AT_A_TIME, *x.shape[1:])
        seen = lax.map(partial(patches, window), parts)
        seen = seen.reshape(len(x), *seen.shape[2:])
    else:
        seen = patches(window, x)
    return seen @ kernel.reshape(-1, kernel.shape[-1]), (x, kernel, seen)


def _backward(
    window: Window, saved: tuple[Array, Array, Array], gradient: Array
) -> tuple[Array, Array]:
    x, kernel, seen = saved
    width, outputs = seen.shape[-1], kernel.shape[-1]
    of_kernel = seen.reshape(-1, width).T @ gradient.reshape(-1, outputs)
    of_seen = gradient @ kernel.reshape(width, outputs).T
    (of_input,) = jax.linear_transpose(partial(patches, window), x)(of_seen)
    return of_input, of_kernel.reshape(kernel.shape)


convolve.defvjp(_forward, _backward)


def padded(window: Window, x: Array) -> Array:
    top, bottom, left, right = window.margins
    return jnp.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))) if any(window.margins) else x


def _every(x: Array, axis: int, start: int, count: int, stride: int) -> Array:
    return lax.slice_in_dim(x, start, start + (count - 1) * stride + 1, stride, axis)
