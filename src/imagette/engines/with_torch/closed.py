"""A module of one's own with its weights and its preprocessing inside: from bytes to logits."""

from copy import deepcopy

import torch
from torch import Tensor, nn

from imagette.arrays import Weights
from imagette.data.preprocess import Preprocess
from imagette.engines.with_torch.module import ModuleForward
from imagette.engines.with_torch.own import Own


class Closed(nn.Module):
    """Images uint8 [N,H,W,C] to logits float32 [N,K], in evaluation mode, on the processor."""

    scale: Tensor
    offset: Tensor

    def __init__(self, module: nn.Module, preprocess: Preprocess) -> None:
        super().__init__()
        self.module = module
        scale, offset = preprocess.factors
        self.register_buffer("scale", torch.from_numpy(scale))
        self.register_buffer("offset", torch.from_numpy(offset))

    def forward(self, image: Tensor) -> Tensor:
        pixels = image.to(torch.float32) * self.scale + self.offset
        logits: Tensor = self.module(pixels.permute(0, 3, 1, 2).contiguous())
        return logits


def closed(own: Own, weights: Weights, preprocess: Preprocess) -> Closed:
    """A copy of the module that an experiment names, holding these weights."""
    assert own.module is not None, "only a network of one's own is closed"
    module = deepcopy(own.module)
    ModuleForward(module).tensors(weights, torch.device("cpu"))
    return Closed(module, preprocess).eval()
