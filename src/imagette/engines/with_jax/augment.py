"""Augmentations on the device: uint8 batches [B,H,W,C] and their draws to uint8 batches.

Each equals the NumPy reference of its spec in `imagette.data.augment`, bit for bit.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array

from imagette.data.affine import Affine
from imagette.data.augment import AlternatingFlip, Cutout, Flip, Shift
from imagette.data.beta import PARTS
from imagette.data.mixing import CutMix, Mixup
from imagette.data.trivial import Trivial
from imagette.engines.with_jax.affine import moved
from imagette.engines.with_jax.trivial import changed

Lowered = Callable[[Array, Array], Array]


def lower_augmentation(spec: Any) -> Lowered:
    """The function (images, draws) -> images of one augmentation."""
    return _LOWERINGS[type(spec)](spec)


def _flip(_spec: Flip | AlternatingFlip) -> Lowered:
    return lambda images, flipped: jnp.where(
        flipped[:, None, None, None], images[:, :, ::-1], images
    )


def _shift(spec: Shift) -> Lowered:
    def apply(images: Array, top_left: Array) -> Array:
        height, width = images.shape[1:3]
        shift = top_left - spec.pixels
        rows = _source(jnp.arange(height) + shift[:, :1], height, spec.edge)
        columns = _source(jnp.arange(width) + shift[:, 1:], width, spec.edge)
        batch = jnp.arange(len(images))
        moved = images[batch[:, None, None], jnp.maximum(rows, 0)[:, :, None], _at(columns)]
        if spec.edge == "reflect":
            return moved
        inside = (rows >= 0)[:, :, None] & (columns >= 0)[:, None]
        return moved * inside[..., None].astype(moved.dtype)

    return apply


def _at(columns: Array) -> Array:
    return jnp.maximum(columns, 0)[:, None]


def _source(positions: Array, size: int, edge: str) -> Array:
    """Where each pixel of a crop comes from in the image; -1 where it is outside."""
    if edge == "reflect":
        return (size - 1) - jnp.abs((size - 1) - jnp.abs(positions))
    return jnp.where((positions < 0) | (positions >= size), -1, positions)


def _cutout(spec: Cutout) -> Lowered:
    def apply(images: Array, centre: Array) -> Array:
        height, width = images.shape[1:3]
        top_left = centre - spec.size // 2
        rows = jnp.arange(height) - top_left[:, :1]
        columns = jnp.arange(width) - top_left[:, 1:]
        inside_rows = (rows >= 0) & (rows < spec.size)
        inside_columns = (columns >= 0) & (columns < spec.size)
        covered = inside_rows[:, :, None] & inside_columns[:, None]
        return jnp.where(covered[..., None], jnp.asarray(spec.fill, images.dtype), images)

    return apply


def _mixup(_spec: Mixup) -> Lowered:
    def apply(images: Array, parts: Array) -> Array:
        own = parts[0]
        if jnp.issubdtype(images.dtype, jnp.floating):
            return (images * own + jnp.roll(images, 1, 0) * (PARTS - own)) / PARTS
        wide = images.astype(jnp.int32)
        mixed = wide * own + jnp.roll(wide, 1, 0) * (PARTS - own)
        return ((mixed + PARTS // 2) // PARTS).astype(images.dtype)

    return apply


def _cutmix(_spec: CutMix) -> Lowered:
    def apply(images: Array, ends: Array) -> Array:
        height, width = images.shape[1:3]
        top, bottom, left, right = ends[0]
        rows, columns = jnp.arange(height), jnp.arange(width)
        inside_rows = (rows >= top) & (rows < bottom)
        inside_columns = (columns >= left) & (columns < right)
        inside = inside_rows[:, None] & inside_columns
        return jnp.where(inside[..., None], jnp.roll(images, 1, 0), images)

    return apply


_LOWERINGS: dict[type, Callable[[Any], Lowered]] = {
    Flip: _flip,
    AlternatingFlip: _flip,
    Shift: _shift,
    Affine: lambda _spec: moved,
    Cutout: _cutout,
    Mixup: _mixup,
    CutMix: _cutmix,
    Trivial: lambda _spec: changed,
}
