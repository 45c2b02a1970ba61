"""The steps of torch's fused optimisers by the short way: the same bits as by their own `step`."""

import pytest
import torch

from imagette.engines.with_torch.fused import move_of
from imagette.engines.with_torch.optimisers import lowered_steps
from imagette.recipe.groups import Assignment
from imagette.recipe.optimisers import SGD, Adam, AdamW

SPECS = [
    SGD(rate=0.1),
    SGD(rate=0.1, momentum=0.9),
    SGD(rate=0.1, momentum=0.9, nesterov=True),
    Adam(rate=0.01),
    AdamW(rate=0.01, betas=(0.8, 0.95)),
]
IDS = [f"{spec.name} {index}" for index, spec in enumerate(SPECS)]


def made(spec):
    """The lowered optimiser over two groups of weights, of which one decays."""
    weights = {name: torch.linspace(-1, 1, 12).view(3, 4).requires_grad_() for name in "abc"}
    decays = {"a": 0.1, "b": 0.0, "c": 0.1}
    assigned = {name: Assignment(spec, 0, decay) for name, decay in decays.items()}
    return lowered_steps(assigned, weights), weights


def moved(move, steps, weights, num_steps=4):
    for step in range(num_steps):
        steps.set_rates([0.1 / (1 + step)])
        for index, weight in enumerate(weights.values()):
            weight.grad = torch.full_like(weight, 0.3 * index - 0.1 * step)
        move()
    return torch.cat([weight.detach() for weight in weights.values()])


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_it_moves_weights_by_the_same_bits(spec):
    ours, own = made(spec), made(spec)
    (optimiser,) = own[0].optimisers
    assert torch.equal(moved(ours[0].step, *ours), moved(optimiser.step, *own))


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_torchs_own_step_is_called_once_at_first_and_never_again(spec, monkeypatch):
    steps, weights = made(spec)
    calls, kind = [], type(steps.optimisers[0])
    own = kind.step
    monkeypatch.setattr(kind, "step", lambda self: (calls.append(1), own(self)))
    moved(steps.step, steps, weights)
    assert len(calls) == (1 if steps.save(weights) else 0)  # plain SGD has no slot to wait for


def test_a_weight_without_a_gradient_stays_where_it_is():
    steps, weights = made(SGD(rate=0.1, momentum=0.9))
    moved(steps.step, steps, weights)
    before = weights["b"].detach().clone()
    weights["b"].grad = None
    steps.step()
    assert torch.equal(weights["b"], before)
    assert not torch.equal(weights["a"], before)


def test_an_optimiser_without_a_short_way_takes_its_own_step():
    optimiser = torch.optim.RMSprop([torch.ones(2, requires_grad=True)])
    assert move_of(optimiser) == optimiser.step
