"""`imagette.data.affine` on the device: four pixels fetched for each, and their shares."""

import torch
from torch import Tensor

from imagette.data.affine import PARTS, UNIT


def moved(images: Tensor, draws: Tensor) -> Tensor:
    """Images [B,H,W,C] and coefficients int32 [B,2,3] to images [B,H,W,C]."""
    num_images, height, width, _ = images.shape
    down = torch.arange(height, dtype=torch.int32, device=images.device)[:, None]
    along = torch.arange(width, dtype=torch.int32, device=images.device)
    by_row, by_column, constant = draws[..., None, None].unbind(2)  # each [B,2,1,1]
    exact = by_row * down + by_column * along + constant
    row, column = (exact >> 16).unbind(1)  # each [B,H,W]
    after_row, after_column = ((exact & (UNIT - 1)) // PARTS).unbind(1)
    batch = torch.arange(num_images, device=images.device)[:, None, None]
    wide = images if images.is_floating_point() else images.to(torch.int32)
    summed = torch.zeros_like(wide)
    for rows, by in ((row, PARTS - after_row), (row + 1, after_row)):
        for columns, part in ((column, PARTS - after_column), (column + 1, after_column)):
            inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
            fetched = wide[batch, rows.clamp(0, height - 1), columns.clamp(0, width - 1)]
            summed += fetched * (by * part * inside)[..., None]
    if images.is_floating_point():
        return summed / UNIT
    return ((summed + UNIT // 2) >> 16).to(images.dtype)
