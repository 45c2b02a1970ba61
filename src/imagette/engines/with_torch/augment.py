"""Augmentations on the device: uint8 batches [B,H,W,C] and their draws to uint8 batches.

Each equals the NumPy reference of its spec in `imagette.data.augment`, bit for bit.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from imagette.data.affine import Affine
from imagette.data.augment import AlternatingFlip, Cutout, Flip, Shift
from imagette.data.beta import PARTS
from imagette.data.mixing import CutMix, Mixup
from imagette.data.trivial import Trivial
from imagette.engines.with_torch.affine import moved
from imagette.engines.with_torch.trivial import changed

Lowered = Callable[[Tensor, Tensor], Tensor]


def lower_augmentation(spec: Any) -> Lowered:
    """The function (images, draws) -> images of one augmentation."""
    return _LOWERINGS[type(spec)](spec)


def _flip(_spec: Flip | AlternatingFlip) -> Lowered:
    def apply(images: Tensor, flipped: Tensor) -> Tensor:
        return torch.where(flipped[:, None, None, None], images.flip(2), images)

    return apply


def _shift(spec: Shift) -> Lowered:
    def apply(images: Tensor, top_left: Tensor) -> Tensor:
        height, width = images.shape[1:3]
        device, shift = images.device, top_left - spec.pixels
        rows = _source(torch.arange(height, device=device) + shift[:, :1], height, spec.edge)
        columns = _source(torch.arange(width, device=device) + shift[:, 1:], width, spec.edge)
        batch = torch.arange(len(images), device=device)
        moved = images[batch[:, None, None], rows.clamp(0)[:, :, None], columns.clamp(0)[:, None]]
        if spec.edge == "reflect":
            return moved
        inside = (rows >= 0)[:, :, None] & (columns >= 0)[:, None]
        return moved * inside[..., None]

    return apply


def _source(positions: Tensor, size: int, edge: str) -> Tensor:
    """Where each pixel of a crop comes from in the image; -1 where it is outside."""
    if edge == "reflect":
        return (size - 1) - ((size - 1) - positions.abs()).abs()
    return positions.masked_fill((positions < 0) | (positions >= size), -1)


def _cutout(spec: Cutout) -> Lowered:
    def apply(images: Tensor, centre: Tensor) -> Tensor:
        height, width = images.shape[1:3]
        top_left = centre - spec.size // 2
        rows = torch.arange(height, device=images.device) - top_left[:, :1]
        columns = torch.arange(width, device=images.device) - top_left[:, 1:]
        inside_rows = (rows >= 0) & (rows < spec.size)
        inside_columns = (columns >= 0) & (columns < spec.size)
        covered = inside_rows[:, :, None] & inside_columns[:, None]
        return images.masked_fill(covered[..., None], spec.fill)

    return apply


def _mixup(_spec: Mixup) -> Lowered:
    def apply(images: Tensor, parts: Tensor) -> Tensor:
        own = parts[0]
        if images.is_floating_point():
            return (images * own + images.roll(1, 0) * (PARTS - own)) / PARTS
        wide = images.to(torch.int32)
        mixed = wide * own + wide.roll(1, 0) * (PARTS - own)
        return ((mixed + PARTS // 2) // PARTS).to(images.dtype)

    return apply


def _cutmix(_spec: CutMix) -> Lowered:
    def apply(images: Tensor, ends: Tensor) -> Tensor:
        height, width = images.shape[1:3]
        top, bottom, left, right = ends[0]
        rows = torch.arange(height, device=images.device)
        columns = torch.arange(width, device=images.device)
        inside_rows = (rows >= top) & (rows < bottom)
        inside_columns = (columns >= left) & (columns < right)
        inside = inside_rows[:, None] & inside_columns
        return torch.where(inside[..., None], images.roll(1, 0), images)

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
