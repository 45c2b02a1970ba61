"""The optimisers of a recipe as torch's own, fused where torch has a fused form."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from imagette.engines.with_torch.muon import MuonStep
from imagette.engines.with_torch.steps import Steps
from imagette.recipe.groups import Assignment
from imagette.recipe.optimisers import SGD, Adam, AdamW, Muon, RMSprop

Parameters = list[dict[str, Any]]


def lowered_steps(assigned: Mapping[str, Assignment], trainable: Mapping[str, Tensor]) -> Steps:
    """Fresh torch optimisers, with one parameter group for each rate and decay that is assigned."""
    members: dict[Assignment, list[Tensor]] = {}
    for name, tensor in trainable.items():
        members.setdefault(assigned[name], []).append(tensor)
    optimisers, columns = [], []
    for spec in dict.fromkeys(one.optimiser for one in members):
        ours = {one: tensors for one, tensors in members.items() if one.optimiser == spec}
        groups = [{"params": x, "weight_decay": one.decay} for one, x in ours.items()]
        optimisers.append(_LOWERINGS[type(spec)](spec, groups))
        columns += [one.column for one in ours]
    return Steps.absolute(optimisers, columns)


def _sgd(spec: SGD, parameters: Parameters) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        parameters,
        lr=spec.rate,
        momentum=spec.momentum,
        nesterov=spec.nesterov,
        fused=True,
    )


def _adam(spec: Adam | AdamW, parameters: Parameters) -> torch.optim.Optimizer:
    kind = torch.optim.AdamW if spec.decoupled else torch.optim.Adam
    return kind(
        parameters,
        lr=spec.rate,
        betas=spec.betas,
        eps=spec.epsilon,
        fused=True,
    )


def _rmsprop(spec: RMSprop, parameters: Parameters) -> torch.optim.Optimizer:
    return torch.optim.RMSprop(
        parameters,
        lr=spec.rate,
        alpha=spec.smoothing,
        momentum=spec.momentum,
        eps=spec.epsilon,
    )


def _muon(spec: Muon, parameters: Parameters) -> torch.optim.Optimizer:
    return MuonStep(parameters, spec)


_LOWERINGS: dict[type, Callable[[Any, Parameters], torch.optim.Optimizer]] = {
    SGD: _sgd,
    Adam: _adam,
    AdamW: _adam,
    RMSprop: _rmsprop,
    Muon: _muon,
}
