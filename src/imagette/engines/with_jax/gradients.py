"""The two gradients of a convolution, as computations that XLA runs well on a processor."""

import jax.numpy as jnp
from jax import Array, lax

from imagette.engines.with_jax.patches import along_columns, rows_of
from imagette.network.window import Window

FORM = ("NHWC", "HWIO", "NHWC")

# From so many places in a picture on, products of patches beat a convolution whose kernel is as
# large as the picture; of few images at a time, so that the patches stay in cache (docs/log.md).
MANY_PLACES = 200
IMAGES_AT_A_TIME = 4


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
    places = gradient.shape[1] * gradient.shape[2]
    at_once = IMAGES_AT_A_TIME
    if groups > 1 or places < MANY_PLACES or len(x) % at_once or len(x) < 2 * at_once:
        return _as_convolution(window, groups, x, kernel, gradient)

    def add(total: Array, few: tuple[Array, Array]) -> tuple[Array, None]:
        return total + _as_products(window, *few), None

    parts = x.reshape(-1, at_once, *x.shape[1:]), gradient.reshape(-1, at_once, *gradient.shape[1:])
    kh, kw, inputs, outputs = kernel.shape
    total, _ = lax.scan(add, jnp.zeros((kh, outputs, kw * inputs), x.dtype), parts)
    return total.transpose(0, 2, 1).reshape(kernel.shape)


def _as_products(window: Window, x: Array, gradient: Array) -> Array:
    """[kh,O,kw*C]: a product for each row of taps."""
    of_outputs = gradient.reshape(-1, gradient.shape[-1]).T
    rows = rows_of(window, along_columns(window, x), gradient.shape[1])
    return jnp.stack([of_outputs @ row.reshape(-1, row.shape[-1]) for row in rows])


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
