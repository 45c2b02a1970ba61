"""A convolution of each channel by itself: sums of shifted pictures, which XLA fuses into one loop.

Forward, XLA's own grouped convolutions ran 50 to 130 times slower on a processor (docs/log.md).
"""

from functools import partial
from itertools import product

import jax
import jax.numpy as jnp
from jax import Array, lax

from imagette.engines.with_jax.gradients import margins_backwards
from imagette.network.window import Window


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def convolve(window: Window, x: Array, kernel: Array) -> Array:
    """`x` [B,H,W,C] with `kernel` [kh,kw,1,C]; reverse mode alone."""
    seen = _taps(window, x)
    weights = kernel.reshape(len(seen), -1)
    return jnp.asarray(sum(tap * weight for tap, weight in zip(seen, weights, strict=True)))


def _forward(window: Window, x: Array, kernel: Array) -> tuple[Array, tuple[Array, Array]]:
    return convolve(window, x, kernel), (x, kernel)


def _backward(window: Window, saved: tuple[Array, Array], gradient: Array) -> tuple[Array, Array]:
    x, kernel = saved
    return _of_input(window, x, kernel, gradient), _of_kernel(window, x, kernel, gradient)


def _of_kernel(window: Window, x: Array, kernel: Array, gradient: Array) -> Array:
    """Tap by tap, and the images before the places: what XLA sums fastest, and compiles soonest."""
    (_, kw), (dh, dw), (sh, sw) = window.kernel, window.dilation, window.stride
    batch, rows, columns, channels = gradient.shape
    reach = batch, (rows - 1) * sh + 1, (columns - 1) * sw + 1, channels
    seen = _padded(window, x)

    def of_tap(tap: Array) -> Array:
        part = lax.dynamic_slice(seen, (0, tap // kw * dh, tap % kw * dw, 0), reach)
        return lax.optimization_barrier((part[:, ::sh, ::sw] * gradient).sum(0)).sum((0, 1))

    return lax.map(of_tap, jnp.arange(window.taps)).reshape(kernel.shape)


def _of_input(window: Window, x: Array, kernel: Array, gradient: Array) -> Array:
    (top, bottom), (left, right) = margins_backwards(window, x, gradient)
    (sh, sw), zero = window.stride, (0, 0, 0)
    spread = lax.pad(
        gradient,
        jnp.zeros((), gradient.dtype),
        (zero, (top, bottom, sh - 1), (left, right, sw - 1), zero),
    )
    return convolve(Window(window.kernel, dilation=window.dilation), spread, kernel[::-1, ::-1])


convolve.defvjp(_forward, _backward)


def _taps(window: Window, x: Array) -> list[Array]:
    """What each tap of the kernel sees at all places, [B,H',W',C], in row-major order."""
    (kh, kw), (dh, dw) = window.kernel, window.dilation
    picture = _padded(window, x)
    rows, columns = window.places(x.shape[1], x.shape[2])
    return [
        _every(
            _every(picture, 1, i * dh, rows, window.stride[0]), 2, j * dw, columns, window.stride[1]
        )
        for i, j in product(range(kh), range(kw))
    ]


def _padded(window: Window, x: Array) -> Array:
    top, bottom, left, right = window.margins
    return jnp.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))) if any(window.margins) else x


def _every(x: Array, axis: int, start: int, count: int, stride: int) -> Array:
    return lax.slice_in_dim(x, start, start + (count - 1) * stride + 1, stride, axis)
