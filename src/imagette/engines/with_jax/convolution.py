"""Convolutions on [B,H,W,C] with kernels [kh,kw,C/groups,O], in the forms that XLA runs well.

On a processor and inside a loop, XLA leaves the two gradients of a convolution in a form that runs
60 to 100 times slower than a forward convolution of the same work (jax-ml/jax#12868). `trained`
therefore says both gradients itself. That forbids forward mode, so everything else is `plain`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
from jax import Array, lax

from imagette.engines.with_jax import depthwise, folding, gradients
from imagette.network import Conv
from imagette.network.layer import number
from imagette.network.window import Window


@dataclass(frozen=True)
class Convolution:
    """What a convolution does, but for its weights."""

    window: Window
    groups: int = 1


Convolve = Callable[[Convolution, Array, Array], Array]


def convolution_of(layer: Conv) -> Convolution:
    return Convolution(layer.window, number(layer.groups))


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
        dimension_numbers=gradients.FORM,
        feature_group_count=convolution.groups,
    )


def trained(convolution: Convolution, x: Array, kernel: Array) -> Array:
    """The same numbers but for rounding, with gradients that run fast; reverse mode alone."""
    channels, outputs = x.shape[3], kernel.shape[3]
    if convolution.groups == channels == outputs:
        return depthwise.convolve(convolution.window, x, kernel)
    columns = folding.columns_at_once(channels, outputs)
    if convolution.groups == 1 and columns > 1:
        return _folded(convolution.window, columns, x, kernel)
    return _direct(convolution, x, kernel)


def _folded(window: Window, columns: int, x: Array, kernel: Array) -> Array:
    wide = Convolution(folding.folded_window(window, columns))
    pictures = folding.folded_picture(window, columns, x)
    y = _direct(wide, pictures, folding.folded_kernel(window, columns, kernel))
    return folding.unfolded(window, x, y, kernel.shape[3])


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _direct(convolution: Convolution, x: Array, kernel: Array) -> Array:
    return plain(convolution, x, kernel)


def _forward(
    convolution: Convolution, x: Array, kernel: Array
) -> tuple[Array, tuple[Array, Array]]:
    return plain(convolution, x, kernel), (x, kernel)


def _backward(
    convolution: Convolution, saved: tuple[Array, Array], gradient: Array
) -> tuple[Array, Array]:
    x, kernel = saved
    window, groups = convolution.window, convolution.groups
    return (
        gradients.of_input(window, groups, x, kernel, gradient),
        gradients.of_kernel(window, groups, x, kernel, gradient),
    )


_direct.defvjp(_forward, _backward)
