"""A torch module of one's own as a network: its graph from a trace, its own code as forward."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from imagette.arrays import Weights
from imagette.engines.meanings import NUM_IMAGES
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

    def train(self, images: Tensor, weights: Tensors, keys: Tensors, first: int = 0) -> Tensor:
        (key,) = keys.values()
        torch.manual_seed((int(key[0]) + first) & 0xFFFFFFFF)  # the upper half is not read
        self.module.train()
        output = self._checked(self.module(images.contiguous()))
        self._settle_buffers(weights)
        return output

    def evaluate(self, images: Tensor, weights: Tensors) -> Tensor:
        self.module.eval()
        return self._called(images, weights)

    def activations(
        self, images: Tensor, weights: Tensors, paths: Sequence[str]
    ) -> dict[str, Tensor]:
        own = _tensors_of(self.module)
        given = {  # what asks for gradients decides how torch multiplies, and so the paths
            name: tensor.detach().requires_grad_(own[name].requires_grad)
            for name, tensor in weights.items()
        }
        alone = len(images) == 1  # torch takes other ways then, so paths would differ from trace
        if alone:
            images = images.expand(NUM_IMAGES[0], -1, -1, -1)
        watcher = watch(self.module, images, paths, lambda: self._called(images, given))
        for path in paths:
            if path not in watcher.kept:
                known = [node.path for node in watcher.recorder.nodes]
                raise UsageError(f"No layer is called '{path}'. {nearest(path, known)}")
        return {
            path: watcher.first(tensor) if alone else tensor
            for path, tensor in watcher.kept.items()
        }

    def _settle_buffers(self, weights: Tensors) -> None:
        """A buffer that forward replaced, as in `self.mean = ...`, is put into its own tensor."""
        for name, buffer in self.module.named_buffers():
            own = weights.get(name)
            if own is not None and own is not buffer:
                owner, _, last = name.rpartition(".")
                own.copy_(buffer.detach())
                self.module.get_submodule(owner)._buffers[last] = own

    def _called(self, images: Tensor, weights: Tensors) -> Tensor:
        return self._checked(functional_call(self.module, dict(weights), (images.contiguous(),)))

    def _checked(self, output: object) -> Tensor:
        if not isinstance(output, Tensor):
            raise UsageError(
                f"{type(self.module).__name__} must return a tensor [B,classes]. "
                f"Got a {type(output).__name__}."
            )
        return output


def values_of(module: nn.Module) -> dict[str, NDArray[np.float32]]:
    """Copies of the module's values as they are, float32, by name: what a training begins with.

    Raises UsageError for a value that float32 does not hold, or state that is kept elsewhere.
    """
    if extra := [name for name in module.state_dict() if name.endswith("_extra_state")]:
        raise UsageError(f"{', '.join(extra)} cannot be saved: keep such state in buffers.")
    values = {}
    for name, tensor in _tensors_of(module).items():
        exact = tensor.detach().cpu().numpy()
        values[name] = np.array(exact, np.float32)
        if not np.array_equal(values[name].astype(exact.dtype), exact, equal_nan=True):
            raise UsageError(f"{name} holds values that float32 cannot: keep it as float32.")
    return values


def check_round_trip(module: nn.Module, input_shape: Sequence[int]) -> None:
    """Refuses a module whose training changes what no checkpoint holds; works on a copy.

    Raises UsageError naming plain attributes and unsaved buffers that two training passes change.
    """
    copy = deepcopy(module).cpu().train()
    before = _unsaved_state(copy)
    with torch.random.fork_rng(devices=[]), torch.no_grad(), suppress(Exception):
        for _ in range(2):  # what does not run is told by the trace
            copy(torch.rand(2, *input_shape))
    changed = [name for name, value in _unsaved_state(copy).items() if before.get(name) != value]
    if changed:
        raise UsageError(
            f"{type(module).__name__} changes {', '.join(changed)} while it trains, which no "
            "checkpoint holds, so it could not be resumed: register it as a buffer."
        )


def _unsaved_state(module: nn.Module) -> dict[str, object]:
    """Plain attributes and unsaved buffers of all submodules, as values that can be compared."""
    saved = set(module.state_dict())
    found: dict[str, object] = {}
    for path, inner in module.named_modules():
        prefix = f"{path}." if path else ""
        plain = {k: v for k, v in vars(inner).items() if isinstance(v, bool | int | float | str)}
        found |= {f"{prefix}{key}": value for key, value in plain.items()}
    for name, buffer in module.named_buffers():
        if name not in saved:
            found[name] = buffer.tolist()
    return found


def _tensors_of(module: nn.Module) -> dict[str, Tensor]:
    every = dict(module.named_parameters()) | dict(module.named_buffers())
    return {weight.name: every[weight.name] for weight in weights_of_module(module)}
