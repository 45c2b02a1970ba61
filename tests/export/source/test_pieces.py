"""What exported files hold, where a whole file would not show it."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from imagette.export.source.pieces import jax_code, torch_code


def test_torch_keeps_a_weight_of_zeros_at_zero():
    weight = torch.nn.Parameter(torch.zeros(4, 3))
    weight.grad = torch.ones(4, 3)
    torch_code.Muon([weight], lr=0.0, normalise=True).step()
    np.testing.assert_array_equal(weight.detach(), np.zeros((4, 3)))


def test_jax_keeps_a_weight_of_zeros_at_zero():
    weights = {"w": jnp.zeros((4, 3)), "one": jnp.ones((4, 3))}
    step = jax_code.on_sphere()
    updates, _ = step.update(
        {name: jnp.zeros((4, 3)) for name in weights}, step.init(weights), weights
    )
    np.testing.assert_array_equal(updates["w"], np.zeros((4, 3)))
    assert np.linalg.norm(weights["one"] + updates["one"]) == pytest.approx(2)
