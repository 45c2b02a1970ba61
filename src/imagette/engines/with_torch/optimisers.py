"""The optimisers of a recipe as torch's own, fused where torch has a fused form."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from imagette.recipe.optimisers import SGD, Adam, AdamW, RMSprop

Parameters = Iterable[Tensor]


def lower_optimiser(spec: Any, parameters: Parameters) -> torch.optim.Optimizer:
    """A fresh torch optimiser; its rate is set anew at every step, from the plan."""
    return _LOWERINGS[type(spec)](spec, parameters)


def _sgd(spec: SGD, parameters: Parameters) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        parameters,
        lr=spec.rate,
        momentum=spec.momentum,
        nesterov=spec.nesterov,
        weight_decay=spec.decay,
        fused=True,
    )


def _adam(spec: Adam | AdamW, parameters: Parameters) -> torch.optim.Optimizer:
    kind = torch.optim.AdamW if spec.decoupled else torch.optim.Adam
    return kind(
        parameters,
        lr=spec.rate,
        betas=spec.betas,
        eps=spec.epsilon,
        weight_decay=spec.decay,
        fused=True,
    )


def _rmsprop(spec: RMSprop, parameters: Parameters) -> torch.optim.Optimizer:
    return torch.optim.RMSprop(
        parameters,
        lr=spec.rate,
        alpha=spec.smoothing,
        momentum=spec.momentum,
        eps=spec.epsilon,
        weight_decay=spec.decay,
    )


_LOWERINGS: dict[type, Callable[[Any, Parameters], torch.optim.Optimizer]] = {
    SGD: _sgd,
    Adam: _adam,
    AdamW: _adam,
    RMSprop: _rmsprop,
}
