"""Muon on both engines, against NumPy: by singular values, where the engines multiply matrices."""

import numpy as np
import pytest

from imagette.errors import UsageError
from imagette.network import parse, walk
from imagette.recipe.groups import assign, column_rates
from imagette.recipe.optimisers import SGD, AdamW, Muon

NETWORK = """
conv 4 3x3
batchnorm
relu
conv 6 3x3 groups=2 bias=no
flatten
linear 40
relu
linear classes
"""
MATRICES = {"conv1.weight": (4, 18), "conv2.weight": (6, 18), "linear1.weight": (40, 96)}


def orthogonalised(matrix, num_steps=5):
    """U p(...p(s)) V^T of the singular values, p(s) = a s + b s^3 + c s^5 (K. Jordan)."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    values = values / np.linalg.norm(matrix)
    for _ in range(num_steps):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return left * values @ right


def gradients_of(case, engine, arrays):
    """What plain SGD at a rate of 1 takes from these weights in the first step."""
    one = case(NETWORK, optimiser={"name": "sgd", "rate": 1.0}, batch=50)
    model = one.on(engine)
    weights = {name: arrays[name] for name in one.first}
    moved = model.save(model.advance(model.start(weights), one.plans()[0].head(1))[0])
    return {w.name: weights[w.name] - moved[w.name] for w in one.graph.weights if w.trainable}


@pytest.mark.parametrize("nesterov", [True, False])
def test_two_steps_are_those_of_the_source(case, engine, nesterov):
    spec = {
        "name": "muon", "rate": 0.05, "momentum": 0.8, "nesterov": nesterov, "decay": 0.3,
        "rest": {"name": "sgd", "rate": 0.02, "momentum": 0.5},
    }  # fmt: skip
    one = case(NETWORK, optimiser=spec, batch=50, epochs=2, schedule="cosine")
    model, plans = one.on(engine), one.plans()
    before, velocity = one.first, {}
    state = model.start(before)
    for plan, factor in zip(plans, (1.0, 0.5), strict=True):
        gradients = gradients_of(case, engine, before)
        state, _, _ = model.advance(state, plan)
        after = model.save(state)
        for name, gradient in gradients.items():
            inner = name in MATRICES
            momentum = 0.8 if inner else 0.5
            velocity[name] = momentum * velocity.get(name, 0) + gradient
            step = velocity[name]
            if inner:
                step = gradient + 0.8 * step if nesterov else step
                rows, columns = MATRICES[name]
                step = orthogonalised(step.reshape(rows, columns)).reshape(step.shape)
                step = step * max(1, rows / columns) ** 0.5 + 0.3 * before[name]
            moved = (before[name] - after[name]) / (factor * (0.05 if inner else 0.02))
            np.testing.assert_allclose(moved, step, rtol=2e-3, atol=2e-4, err_msg=name)
        before = {name: after[name] for name in one.first}
    slots = {name for name in after if name.startswith("opt.")}
    assert slots == {f"opt.momentum_buffer.{name}" for name in velocity}


def test_fewer_steps_and_weights_kept_at_a_norm(case, engine):
    spec = {"name": "muon", "rate": 0.3, "momentum": 0.0, "nesterov": False,
            "newton_schulz": 3, "normalise": True}  # fmt: skip
    one = case(NETWORK, optimiser=spec, batch=50)
    model, gradients = one.on(engine), gradients_of(case, engine, one.first)
    after = model.save(model.advance(model.start(one.first), one.plans()[0].head(1))[0])
    for name, (rows, columns) in MATRICES.items():
        step = orthogonalised(gradients[name].reshape(rows, columns), 3)
        moved = one.first[name].reshape(rows, columns) - 0.3 * max(1, rows / columns) ** 0.5 * step
        moved *= rows**0.5 / np.linalg.norm(moved)
        found = after[name].reshape(rows, columns)
        np.testing.assert_allclose(found, moved, rtol=2e-3, atol=2e-4, err_msg=name)


def test_normalising_leaves_a_weight_of_zeros_at_zero(case, engine):
    spec = {"name": "muon", "rate": 0.0, "normalise": True}
    one = case(NETWORK, optimiser=spec, batch=50)
    first = {**one.first, **{name: np.zeros_like(one.first[name]) for name in MATRICES}}
    model = one.on(engine)
    after = model.save(model.advance(model.start(first), one.plans()[0].head(1))[0])
    assert all((after[name] == 0).all() for name in MATRICES)


def test_tall_matrices_make_larger_steps(case, engine):
    network = "flatten\nlinear 512\nrelu\nlinear classes"
    one = case(network, optimiser={"name": "muon", "rate": 1.0}, shape=(2, 2, 2), batch=50)
    model = one.on(engine)
    saved = model.save(model.advance(model.start(one.first), one.plans()[0].head(1))[0])
    moved = one.first["linear1.weight"] - saved["linear1.weight"]
    values = np.linalg.svd(moved, compute_uv=False) / np.sqrt(512 / 8)
    assert ((values > 0.6) & (values < 1.3)).all()  # what five steps reach, says the source


def test_the_last_linear_layer_and_all_vectors_are_left_to_the_rest():
    graph = walk(parse(NETWORK), (2, 8, 8), 3)
    optimiser = Muon(rate=0.1, rest=SGD(rate=0.01))
    found = assign(optimiser, (), graph)
    assert {name for name, one in found.items() if one.optimiser == optimiser} == set(MATRICES)
    assert {one.column for one in found.values() if one.optimiser == optimiser.rest} == {1}
    np.testing.assert_allclose(column_rates(optimiser, ()), [0.1, 0.01], rtol=1e-6)


def test_a_network_without_inner_matrices_is_refused():
    graph = walk(parse("flatten\nbatchnorm\nlinear classes"), (2, 8, 8), 3)
    with pytest.raises(UsageError, match=r"of which this network has none: take adamw"):
        assign(Muon(rest=AdamW()), (), graph)
