"""Averages of the weights in torch: beside the tensors that training moves, by the same names."""

from collections.abc import Mapping

import torch
from torch import Tensor

Tensors = Mapping[str, Tensor]


@torch.no_grad()
def take(averages: Tensors, moving: Tensors, share: float, syncs: bool) -> None:
    """Lets the averages go `share` of the way to the moving tensors; with `syncs`, those follow.

    At 0 nothing is done, at 1 the averages become the moving tensors, exactly. What is no floating
    point number, such as a count in another library's network, is copied.
    """
    if share == 0:
        return
    for name, average in averages.items():
        if average.is_floating_point():
            average.lerp_(moving[name], share)
        else:
            average.copy_(moving[name])
        if syncs:
            moving[name].copy_(average)
