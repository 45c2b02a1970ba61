"""`imagette.data.affine` on the device: four pixels fetched for each, and their shares."""

import jax.numpy as jnp
from jax import Array

from imagette.data.affine import PARTS, UNIT


def moved(images: Array, draws: Array) -> Array:
    """Images [B,H,W,C] and coefficients int32 [B,2,3] to images [B,H,W,C]."""
    num_images, height, width, _ = images.shape
    down, along = jnp.arange(height)[:, None], jnp.arange(width)
    by_row, by_column, constant = (draws[:, :, i, None, None] for i in range(3))  # [B,2,1,1]
    exact = by_row * down + by_column * along + constant
    row, column = exact[:, 0] >> 16, exact[:, 1] >> 16  # each [B,H,W]
    after_row, after_column = jnp.moveaxis((exact & (UNIT - 1)) // PARTS, 1, 0)
    batch = jnp.arange(num_images)[:, None, None]
    is_float = jnp.issubdtype(images.dtype, jnp.floating)
    wide = images if is_float else images.astype(jnp.int32)
    summed = jnp.zeros_like(wide)
    for rows, by in ((row, PARTS - after_row), (row + 1, after_row)):
        for columns, part in ((column, PARTS - after_column), (column + 1, after_column)):
            inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
            fetched = wide[batch, jnp.clip(rows, 0, height - 1), jnp.clip(columns, 0, width - 1)]
            summed += fetched * (by * part * inside)[..., None].astype(wide.dtype)
    if is_float:
        return summed / UNIT
    return ((summed + UNIT // 2) >> 16).astype(images.dtype)
