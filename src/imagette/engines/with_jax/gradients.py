"""The two gradients of a convolution, as computations that XLA runs well on a processor."""

import jax.numpy as jnp
from jax import Array, lax

from imagette.network.window import Window

FORM = ("NHWC", "HWIO", "NHWC")

# Of few images at a time, so that they and their gradients stay in cache (docs/log.md).
MANY_IMAGES = 32
IMAGES_AT_A_TIME = (16, 8, 4)
CACHED_NUMBERS = 1 << 19


def of_input(window: Window, groups: int, x: Array, kernel: Array, gradient: Array) -> Array:
    """The gradient, spread by the stride, convolved with the kernel turned by half a circle."""
    kh, kw, inputs, outputs = kernel.shape
    turned = kernel[::-1, ::-1].reshape(kh, kw, inputs, groups, outputs // groups)
    turned = turned.transpose(0, 1, 4, 3, 2).reshape(kh, kw, outputs // groups, groups * inputs)
    return lax.conv_general_dilated(
        gradient,
        turned,
        (1, 1),
        margins_backwards(window, x, gradient),
        lhs_dilation=window.stride,
        rhs_dilation=window.dilation,
        dimension_numbers=FORM,
        feature_group_count=groups,
    )


def margins_backwards(window: Window, x: Array, gradient: Array) -> list[tuple[int, int]]:
    """Padding that makes the spread gradient, convolved, as large as the input."""
    margins = []
    for axis in (0, 1):
        span, before = window.span[axis], window.margins[2 * axis]
        spread = (gradient.shape[1 + axis] - 1) * window.stride[axis] + 1
        low = span - 1 - before
        margins.append((low, x.shape[1 + axis] + span - 1 - low - spread))
    return margins


def of_kernel(window: Window, groups: int, x: Array, kernel: Array, gradient: Array) -> Array:
    """The sum over all images and places of what a tap saw times the gradient there."""
    at_once = _images_at_once(x, gradient)
    if at_once == len(x):
        return _as_convolution(window, groups, x, kernel, gradient)

    def add(total: Array, few: tuple[Array, Array]) -> tuple[Array, None]:
        return total + _as_convolution(window, groups, few[0], kernel, few[1]), None

    parts = x.reshape(-1, at_once, *x.shape[1:]), gradient.reshape(-1, at_once, *gradient.shape[1:])
    total, _ = lax.scan(add, jnp.zeros_like(kernel), parts)
    return total


def _images_at_once(x: Array, gradient: Array) -> int:
    """The largest number that the cache holds and the batch is a multiple of, else all."""
    batch = len(x)
    if batch < MANY_IMAGES:
        return batch
    held = CACHED_NUMBERS * batch // (x.size + gradient.size)
    fitting = (n for n in IMAGES_AT_A_TIME if n <= held and batch % n == 0)
    return next(fitting, batch)


def _as_convolution(window: Window, groups: int, x: Array, kernel: Array, gradient: Array) -> Array:
    """Channels convolved with the gradient, the batch being what is summed over."""
    kh, kw, inputs, _ = kernel.shape
    padding = []
    for axis in (0, 1):
        before = window.margins[2 * axis]
        used = (gradient.shape[1 + axis] - 1) * window.stride[axis] + window.span[axis]
        padding.append((before, used - before - x.shape[1 + axis]))
    batch, height, width, _ = x.shape
    pictures = x.reshape(batch, height, width, groups, inputs)
    pictures = pictures.transpose(4, 1, 2, 3, 0).reshape(inputs, height, width, groups * batch)
    found = lax.conv_general_dilated(
        pictures,
        jnp.moveaxis(gradient, 0, 2),
        window.dilation,
        padding,
        rhs_dilation=window.stride,
        dimension_numbers=FORM,
        feature_group_count=groups,
    )
    return found[:, :kh, :kw].transpose(1, 2, 0, 3)
