"""Rates and decays of groups on both engines, against torch.optim's parameter groups."""

import numpy as np
import pytest
import torch

NETWORK = "conv 4 3x3 pad=same bias=no\nbatchnorm\nrelu\nflatten\nlinear classes"
GROUPS = [
    {"match": "*batchnorm*.bias", "rate": 64.0},
    {"match": "linear1.*", "rate": 0.5, "decay": 0.25},
]
SETTINGS = {
    "batchnorm1.bias": {"lr": 64 * 0.01},
    "linear1.weight": {"lr": 0.5 * 0.01, "weight_decay": 0.25},
    "linear1.bias": {"lr": 0.5 * 0.01, "weight_decay": 0.25},
}


def gradients_of(case, engine, weights):
    """Of the first step, from what plain SGD at a rate of 1 takes from the weights."""
    plain = case(NETWORK, optimiser={"name": "sgd", "rate": 1.0})
    model = plain.on(engine)
    moved = model.save(model.advance(model.start(weights), plain.plans()[0].head(1))[0])
    return {name: weights[name] - moved[name] for name in weights}


@pytest.mark.parametrize(
    ("spec", "make"),
    [
        ({"name": "sgd", "rate": 0.01, "decay": 0.1}, torch.optim.SGD),
        ({"name": "adamw", "rate": 0.01, "decay": 0.1}, torch.optim.AdamW),
    ],
    ids=["coupled", "decoupled"],
)
def test_a_step_is_torchs_with_parameter_groups(case, engine, spec, make):
    one = case(NETWORK, optimiser=spec, groups=GROUPS)
    model = one.on(engine)
    saved = model.save(model.advance(model.start(one.first), one.plans()[0].head(1))[0])
    names = [weight.name for weight in one.graph.weights if weight.trainable]
    tensors = {name: torch.from_numpy(one.first[name].copy()).requires_grad_() for name in names}
    reference = make(
        [{"params": [tensors[name]], **SETTINGS.get(name, {})} for name in names],
        lr=0.01,
        weight_decay=0.1,
    )
    for name, gradient in gradients_of(case, engine, one.first).items():
        if name in tensors:
            tensors[name].grad = torch.from_numpy(gradient)
    reference.step()
    for name, tensor in tensors.items():
        np.testing.assert_allclose(saved[name], tensor.detach(), rtol=1e-4, atol=2e-6, err_msg=name)


def test_a_rate_of_0_freezes_a_group(case, engine):
    one = case(NETWORK, optimiser="adam", groups=[{"match": "conv*", "rate": 0.0}])
    model = one.on(engine)
    saved = model.save(one.advanced(model, model.start(one.first))[0])
    np.testing.assert_array_equal(saved["conv1.weight"], one.first["conv1.weight"])
    assert (saved["linear1.weight"] != one.first["linear1.weight"]).any()
