"""`imagette.data.trivial` on the device: tables looked up for a whole batch at once."""

import jax.numpy as jnp
from jax import Array

from imagette.data.trivial import COLOUR_UNIT, GREY, UNIT, tables_for


def changed(images: Array, settings: Array) -> Array:
    """uint8 [B,H,W,C] and settings int32 [B] to uint8 [B,H,W,C]."""
    num_images, height, width, channels = images.shape
    source, colour, lookup = (jnp.asarray(table)[settings] for table in tables_for((height, width)))
    fetched = _fetched(images, source)
    if channels == 3:
        wide = fetched.astype(jnp.int32)
        red, green, blue = (share * wide[..., i] for i, share in enumerate(GREY))
        grey = (red + green + blue + UNIT // 2) >> 16
        own = colour[:, None, None, None]
        mixed = own * wide + (COLOUR_UNIT - own) * grey[..., None]
        fetched = jnp.clip((mixed + COLOUR_UNIT // 2) >> 8, 0, 255)
    places = fetched.reshape(num_images, -1).astype(jnp.int32)
    return jnp.take_along_axis(lookup, places, axis=1).reshape(images.shape)


def _fetched(images: Array, source: Array) -> Array:
    num_images, height, width, _ = images.shape
    down, along = jnp.arange(height)[:, None], jnp.arange(width)
    by_row, by_column, constant = (source[:, :, i, None, None] for i in range(3))  # [B,2,1,1]
    places = (by_row * down + by_column * along + constant) >> 16
    rows, columns = places[:, 0], places[:, 1]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    batch = jnp.arange(num_images)[:, None, None]
    fetched = images[batch, jnp.clip(rows, 0, height - 1), jnp.clip(columns, 0, width - 1)]
    return fetched * inside[..., None].astype(images.dtype)
