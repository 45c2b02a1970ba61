"""Muon in torch: momentum whose matrices are made nearly orthogonal."""

from math import sqrt
from typing import Any

import torch
from torch import Tensor

from imagette.recipe.optimisers import NEWTON_SCHULZ, SMALLEST_NORM, Muon


class MuonStep(torch.optim.Optimizer):
    """One parameter group or several, as `imagette.recipe.optimisers.Muon` says; float32."""

    def __init__(self, parameters: Any, spec: Muon) -> None:
        super().__init__(parameters, {"lr": spec.rate, "weight_decay": 0.0})
        self._spec = spec

    @torch.no_grad()
    def step(self, _closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    update = self._update(weight, weight.grad)
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.add_(update.view(weight.shape), alpha=-group["lr"])
                    if self._spec.normalise:
                        norm = torch.linalg.vector_norm(weight).clamp_min(SMALLEST_NORM)
                        weight.mul_(sqrt(len(weight)) / norm)

    def _update(self, weight: Tensor, gradient: Tensor) -> Tensor:
        """[out, the rest], of every weight one matrix."""
        slots, spec = self.state[weight], self._spec
        if "momentum_buffer" not in slots:
            slots["momentum_buffer"] = torch.zeros_like(weight)
        moving = slots["momentum_buffer"].mul_(spec.momentum).add_(gradient)
        update = gradient.add(moving, alpha=spec.momentum) if spec.nesterov else moving
        matrix = update.reshape(len(update), -1)
        return orthogonal(matrix, spec.newton_schulz) * sqrt(
            max(1, matrix.shape[0] / matrix.shape[1])
        )


def orthogonal(matrix: Tensor, num_steps: int) -> Tensor:
    """The matrix with its singular values near 1, by Newton-Schulz steps of fifth order."""
    a, b, c = NEWTON_SCHULZ
    x: Tensor = matrix / (torch.linalg.vector_norm(matrix) + SMALLEST_NORM)
    wide = len(x) <= x.shape[1]
    x = x if wide else x.T
    for _ in range(num_steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide else x.T
