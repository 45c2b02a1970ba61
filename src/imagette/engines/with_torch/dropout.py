"""Dropout whose masks are bit-equal to `imagette.engines.random.dropout_keep`."""

from functools import lru_cache

import torch
from torch import Tensor

from imagette.engines.random import HASH_MULTIPLIERS, KEEP_BITS, keep_threshold


def dropout(x: Tensor, keys: Tensor, rate: float) -> Tensor:
    """`x` where kept, divided by the share kept, else 0. `keys` int32 [2] of this step and node."""
    kept = _upper_bits(_element_numbers(x.shape, x.device), keys) >= keep_threshold(rate)
    return x * (kept.to(x.dtype) * (1 / (1 - rate)))


def _upper_bits(numbers: Tensor, keys: Tensor) -> Tensor:
    """The upper bits of the hash. int32 stands for uint32: products and sums wrap alike."""
    first, second = keys.unbind()
    hashed = numbers ^ first
    hashed = (hashed ^ _shift_right(hashed, 16)) * _signed(HASH_MULTIPLIERS[0])
    hashed = (hashed ^ _shift_right(hashed, 15)) + second
    hashed = (hashed ^ _shift_right(hashed, 13)) * _signed(HASH_MULTIPLIERS[1])
    hashed = hashed ^ _shift_right(hashed, 16)
    return _shift_right(hashed, 32 - KEEP_BITS)


def _shift_right(x: Tensor, places: int) -> Tensor:
    """A shift that brings in zeros, where int32's own would repeat the sign."""
    return (x >> places) & ((1 << (32 - places)) - 1)


def _signed(constant: int) -> int:
    return constant - (1 << 32) if constant >= 1 << 31 else constant


@lru_cache(maxsize=64)
def _element_numbers(shape: torch.Size, device: torch.device) -> Tensor:
    """0, 1, 2, ... through batch, channels, rows, columns, laid out as activations are."""
    numbers = torch.arange(shape.numel(), dtype=torch.int32, device=device).view(shape)
    if len(shape) == 4:
        return numbers.contiguous(memory_format=torch.channels_last)
    return numbers
