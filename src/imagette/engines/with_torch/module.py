"""A torch module of one's own as a network: its graph from a trace, its own code as forward."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from imagette.arrays import Weights
from imagette.engines.with_torch.trace import watch, weights_of_module
from imagette.errors import UsageError, nearest

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class ModuleForward:
    """Runs `module`; the tensors it trains are the module's own, so that a live one is trained.

    Random functions inside it, such as its dropouts, draw from torch's generator, which is seeded
    anew at every step from the step plan.
    """

    module: nn.Module

    def tensors(self, weights: Weights, device: torch.device) -> dict[str, Tensor]:
        """The module's own tensors on `device`, by name, filled with these values."""
        self.module.to(device)
        own = _tensors_of(self.module)
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(torch.from_numpy(np.array(weights[name])))
        return own

    def frozen(self, weights: Weights, device: torch.device) -> dict[str, Tensor]:
        """Copies of these values that no training moves, in the types of the module's tensors."""
        own = _tensors_of(self.module)
        return {
            name: torch.from_numpy(np.array(weights[name])).to(device, tensor.dtype)
            for name, tensor in own.items()
        }

    def train(self, images: Tensor, weights: Tensors, keys: Tensors) -> Tensor:
        (key,) = keys.values()
        torch.manual_seed(int(key[0]) & 0xFFFFFFFF)
        self.module.train()
        return self._called(images, weights)

    def evaluate(self, images: Tensor, weights: Tensors) -> Tensor:
        self.module.eval()
        return self._called(images, weights)

    def activations(
        self, images: Tensor, weights: Tensors, paths: Sequence[str]
    ) -> dict[str, Tensor]:
        kept = watch(self.module, images, paths, lambda: self._called(images, weights)).kept
        for path in paths:
            if path not in kept:
                raise UsageError(f"No layer is called '{path}'. {nearest(path, kept)}")
        return kept

    def _called(self, images: Tensor, weights: Tensors) -> Tensor:
        output = functional_call(self.module, dict(weights), (images.contiguous(),))
        if not isinstance(output, Tensor):
            raise UsageError(
                f"{type(self.module).__name__} must return a tensor [B,classes]. "
                f"Got a {type(output).__name__}."
            )
        return output


def values_of(module: nn.Module) -> dict[str, NDArray[np.float32]]:
    """Copies of the module's values as they are, float32, by name: what a training begins with."""
    return {
        name: np.array(tensor.detach().cpu().numpy(), np.float32)
        for name, tensor in _tensors_of(module).items()
    }


def _tensors_of(module: nn.Module) -> dict[str, Tensor]:
    every = dict(module.named_parameters()) | dict(module.named_buffers())
    return {weight.name: every[weight.name] for weight in weights_of_module(module)}
