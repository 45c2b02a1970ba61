"""`imagette.data.trivial` on the device: tables looked up for a whole batch at once."""

from functools import lru_cache

import torch
from torch import Tensor

from imagette.arrays import Size
from imagette.data.trivial import COLOUR_UNIT, GREY, UNIT, tables_for


def changed(images: Tensor, settings: Tensor) -> Tensor:
    """uint8 [B,H,W,C] and settings int32 [B] to uint8 [B,H,W,C]."""
    num_images, height, width, channels = images.shape
    source, colour, lookup = (table[settings] for table in _tables((height, width), images.device))
    fetched = _fetched(images, source)
    if channels == 3:
        wide = fetched.to(torch.int32)
        red, green, blue = (share * wide[..., i] for i, share in enumerate(GREY))
        grey = (red + green + blue + UNIT // 2) >> 16
        own = colour[:, None, None, None]
        mixed = own * wide + (COLOUR_UNIT - own) * grey[..., None]
        fetched = ((mixed + COLOUR_UNIT // 2) >> 8).clamp(0, 255)
    places = fetched.reshape(num_images, -1).to(torch.int64)
    return lookup.gather(1, places).reshape(images.shape)


def _fetched(images: Tensor, source: Tensor) -> Tensor:
    num_images, height, width, _ = images.shape
    down = torch.arange(height, dtype=torch.int32, device=images.device)[:, None]
    along = torch.arange(width, dtype=torch.int32, device=images.device)
    by_row, by_column, constant = source[..., None, None].unbind(2)  # each [B,2,1,1]
    places = (by_row * down + by_column * along + constant) >> 16
    rows, columns = places.unbind(1)  # each [B,H,W]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    batch = torch.arange(num_images, device=images.device)[:, None, None]
    fetched = images[batch, rows.clamp(0, height - 1), columns.clamp(0, width - 1)]
    return fetched * inside[..., None]


@lru_cache(maxsize=8)
def _tables(size: Size, device: torch.device) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(table).to(device) for table in tables_for(size))
