"""Convolutions on [B,H,W,C] with kernels [kh,kw,C/groups,O], in the forms that XLA runs well.

On a processor and inside a loop, XLA leaves the two gradients of a convolution in a form that runs
60 to 100 times slower than a forward convolution of the same work (jax-ml/jax#12868). `trained`
therefore says both gradients itself. That forbids forward mode, so everything else is `plain`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jax import Array, lax

from imagette.network import Conv
from imagette.network.window import Window

_FORM = ("NHWC", "HWIO", "NHWC")


@dataclass(frozen=True)
class Convolution:
    """What a convolution does, but for its weights."""

    window: Window
    groups: int = 1


def convolution_of(layer: Conv) -> Convolution:
    return Convolution(layer.window, layer.groups)


def plain(convolution: Convolution, x: Array, kernel: Array) -> Array:
    """As JAX has it: every transformation works on it."""
    window = convolution.window
    top, bottom, left, right = window.margins
    return lax.conv_general_dilated(
        x,
        kernel,
        window.stride,
        ((top, bottom), (left, right)),
        rhs_dilation=window.dilation,
        dimension_numbers=_FORM,
        feature_group_count=convolution.groups,
    )


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def trained(convolution: Convolution, x: Array, kernel: Array) -> Array:
    """The same numbers, with gradients that are plain convolutions themselves; reverse mode."""
    return plain(convolution, x, kernel)


def _forward(
    convolution: Convolution, x: Array, kernel: Array
) -> tuple[Array, tuple[Array, Array]]:
    return plain(convolution, x, kernel), (x, kernel)


def _backward(
    convolution: Convolution, saved: tuple[Array, Array], gradient: Array
) -> tuple[Array, Array]:
    x, kernel = saved
    return (
        _gradient_of_input(convolution, kernel, gradient, x),
        _gradient_of_kernel(convolution, x, gradient, kernel),
    )


trained.defvjp(_forward, _backward)


def _gradient_of_input(convolution: Convolution, kernel: Array, gradient: Array, x: Array) -> Array:
    """The gradient, spread by the stride, convolved with the kernel turned by half a circle."""
    window, groups = convolution.window, convolution.groups
    padding = []
    for axis in (0, 1):
        span, before = window.span[axis], window.margins[2 * axis]
        stride, places = window.stride[axis], gradient.shape[1 + axis]
        spread = (places - 1) * stride + 1
        low = span - 1 - before
        padding.append((low, x.shape[1 + axis] + span - 1 - low - spread))
    kh, kw, inputs, outputs = kernel.shape
    turned = kernel[::-1, ::-1].reshape(kh, kw, inputs, groups, outputs // groups)
    turned = turned.transpose(0, 1, 4, 3, 2).reshape(kh, kw, outputs // groups, groups * inputs)
    return lax.conv_general_dilated(
        gradient,
        turned,
        (1, 1),
        padding,
        lhs_dilation=window.stride,
        rhs_dilation=window.dilation,
        dimension_numbers=_FORM,
        feature_group_count=groups,
    )


def _gradient_of_kernel(
    convolution: Convolution, x: Array, gradient: Array, kernel: Array
) -> Array:
    """Channels convolved with the gradient, the batch being what is summed over."""
    window, groups = convolution.window, convolution.groups
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
        dimension_numbers=_FORM,
        feature_group_count=groups,
    )
    return found[:, :kh, :kw].transpose(1, 2, 0, 3)


Convolve = Callable[[Convolution, Array, Array], Array]
