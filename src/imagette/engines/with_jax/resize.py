"""Pictures resized on the device, as `imagette.data.interpolate.resized_batch` does it."""

import jax.numpy as jnp
from jax import Array, lax

from imagette.arrays import Size
from imagette.data.interpolate import resizing


def resized(pixels_BHWC: Array, size: Size) -> Array:
    """Pictures [B,H,W,C], bytes or floats, to float32 [B,h,w,C]."""
    num_images, height, width, channels = pixels_BHWC.shape
    rows, columns = resizing((height, width), size, channels)
    pixels = pixels_BHWC.astype(jnp.float32).reshape(num_images, height, width * channels)
    exact = lax.Precision.HIGHEST  # accelerators would round to fewer bits
    lower = jnp.matmul(rows, pixels, precision=exact)
    return jnp.matmul(lower, columns, precision=exact).reshape(num_images, *size, channels)
