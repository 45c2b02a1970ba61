"""Dropout whose masks are bit-equal to `imagette.engines.random.dropout_keep`."""

from functools import lru_cache

import torch
from torch import Tensor

from imagette.engines.random import HASH_MULTIPLIERS, keep_threshold


def dropout(x: Tensor, keys: Tensor, rate: float, first: int = 0) -> Tensor:
    """`x` where kept, divided by the share kept, else 0. `keys` int32 [2] of this step and node.

    `first` is the number that the first image of `x` has in its batch.
    """
    hashed = _hash(_element_numbers(x.shape, x.device, first), keys)
    # int32 stands for uint32: flipping the highest bit of both makes their order that of unsigned.
    kept = hashed.bitwise_xor_(_HIGHEST_BIT) >= _signed(keep_threshold(rate)) ^ _HIGHEST_BIT
    return x * kept.to(x.dtype).mul_(1 / (1 - rate))


_HIGHEST_BIT = -(1 << 31)


def _hash(numbers: Tensor, keys: Tensor) -> Tensor:
    """Sums and products of int32 wrap as those of uint32 do; in place, for it is memory-bound."""
    first, second = keys.unbind()
    hashed = numbers ^ first
    shifted = (hashed >> 16).bitwise_and_(0xFFFF)  # int32's own shift would repeat the sign
    hashed.bitwise_xor_(shifted).mul_(_signed(HASH_MULTIPLIERS[0])).add_(second)
    torch.bitwise_right_shift(hashed, 15, out=shifted).bitwise_and_(0x1FFFF)
    return hashed.bitwise_xor_(shifted).mul_(_signed(HASH_MULTIPLIERS[1]))


def _signed(constant: int) -> int:
    return constant - (1 << 32) if constant >= 1 << 31 else constant


@lru_cache(maxsize=64)
def _element_numbers(shape: torch.Size, device: torch.device, first: int) -> Tensor:
    """0, 1, 2, ... through batch, channels, rows, columns, laid out as activations are."""
    begin = first * shape[1:].numel()
    end = begin + shape.numel()
    numbers = torch.arange(begin, end, dtype=torch.int32, device=device).view(shape)
    if len(shape) == 4:
        return numbers.contiguous(memory_format=torch.channels_last)
    return numbers
