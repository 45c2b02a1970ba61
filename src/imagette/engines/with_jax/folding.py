"""Columns of a picture taken several for one, with the channels of all: best where those are few.

XLA's convolutions keep the registers of a processor busy with output channels, so 3 channels to 6
use it badly. Taken four columns at a time the same picture has 12 channels, of which each place
makes the 24 of four places: [B,H,W,C] is [B,H,W/4,4*C] without moving a number. The kernel becomes
larger, and holds zeros; the products with those cost less than what is gained (docs/log.md).
"""

import jax.numpy as jnp
from jax import Array, lax

from imagette.network.window import Window

FEW_CHANNELS = 8  # with more, XLA's convolution is better as it is
MOST_OUTPUTS = 32  # of a place that stands for several
MOST_COLUMNS = 4


def columns_at_once(channels: int, outputs: int) -> int:
    """How many columns of the output make one; 1 where folding would not pay."""
    if channels > FEW_CHANNELS:
        return 1
    return max(2, min(MOST_COLUMNS, MOST_OUTPUTS // outputs))


def folded_window(window: Window, columns: int) -> Window:
    """The window over the folded picture, which has its margins at the sides already."""
    top, bottom, _, _ = window.margins
    kernel = window.kernel[0], _blocks(window, columns)
    return Window(kernel, (window.stride[0], 1), (top, bottom, 0, 0), (window.dilation[0], 1))


def folded_picture(window: Window, columns: int, x: Array) -> Array:
    """[B,H,W,C] to [B,H,blocks,columns*stride*C], with margins at both sides."""
    batch, height, width, channels = x.shape
    left = window.margins[2]
    _, places = window.places(height, width)
    unit = columns * window.stride[1]
    blocks = -(-places // columns) + _blocks(window, columns) - 1
    right = blocks * unit - left - width  # below 0 where a stride leaves some columns unseen
    x = jnp.pad(x[:, :, : width + min(right, 0)], ((0, 0), (0, 0), (left, max(right, 0)), (0, 0)))
    return x.reshape(batch, height, blocks, unit * channels)


def folded_kernel(window: Window, columns: int, kernel: Array) -> Array:
    """[kh,kw,C,O] to [kh,blocks,columns*stride*C,columns*O]: a shifted copy for each column."""
    kh, _, channels, outputs = kernel.shape
    blocks, unit = _blocks(window, columns), columns * window.stride[1]
    after = blocks * unit - window.span[1]
    zero, apart = jnp.zeros((), kernel.dtype), window.dilation[1] - 1
    copies = [
        lax.pad(kernel, zero, ((0, 0, 0), (first, after - first, apart), (0, 0, 0), (0, 0, 0)))
        for first in range(0, unit, window.stride[1])
    ]
    wide = jnp.stack(copies, 3)
    return wide.reshape(kh, blocks, unit * channels, columns * outputs)


def unfolded(window: Window, x: Array, y: Array, outputs: int) -> Array:
    """The output [B,H',W',O] of `x` from the folded one."""
    batch, rows = y.shape[:2]
    _, places = window.places(x.shape[1], x.shape[2])
    return y.reshape(batch, rows, -1, outputs)[:, :, :places]


def _blocks(window: Window, columns: int) -> int:
    """How wide the folded kernel is."""
    unit = columns * window.stride[1]
    return -(-(unit - window.stride[1] + window.span[1]) // unit)
