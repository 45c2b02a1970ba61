"""Pictures resized on the device, as `imagette.data.interpolate.resized_batch` does it."""

from functools import lru_cache

import torch
from torch import Tensor

from imagette.arrays import Size
from imagette.data.interpolate import resizing


def resized(pixels_BHWC: Tensor, size: Size) -> Tensor:
    """Pictures [B,H,W,C], bytes or floats, to float32 [B,h,w,C]."""
    num_images, height, width, channels = pixels_BHWC.shape
    rows, columns = _matrices((height, width), size, channels, pixels_BHWC.device)
    lower = rows @ pixels_BHWC.to(torch.float32).reshape(num_images, height, width * channels)
    return (lower @ columns).reshape(num_images, *size, channels)


@lru_cache(maxsize=16)
def _matrices(
    size: Size, target: Size, channels: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    rows, columns = resizing(size, target, channels)
    return torch.from_numpy(rows).to(device), torch.from_numpy(columns).to(device)
