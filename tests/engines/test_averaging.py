"""Averages of the weights on both engines, against torch's own and the paper's formula."""

import numpy as np
import pytest
import torch

from imagette.engines.protocol import moving_of, state_of, weights_of

NETWORK = "conv 4 3x3 pad=same bias=no\nbatchnorm\nrelu\nflatten\nlinear classes"
SGD = {"name": "sgd", "rate": 0.05}


def every_step(case, engine):
    """What is saved before the first step and after each."""
    model = case.on(engine)
    state = model.start(case.first)
    saved = [model.save(state)]
    for plan in case.plans():
        for step in plan.steps():
            state, _, _ = model.advance(state, step)
            saved.append(model.save(state))
    return saved


def test_an_ema_is_torchs_own_of_weights_and_running_statistics(case, engine):
    plain = every_step(case(NETWORK, optimiser=SGD), engine)
    averaged = every_step(
        case(NETWORK, optimiser=SGD, averaging={"name": "ema", "decay": 0.7, "warmup": False}),
        engine,
    )
    move = torch.optim.swa_utils.get_ema_multi_avg_fn(0.7)
    expected = {name: torch.from_numpy(value.copy()) for name, value in plain[0].items()}
    for moving, found in zip(plain[1:], averaged[1:], strict=True):
        move(list(expected.values()), [torch.from_numpy(moving[n]) for n in expected], None)
        for name, value in moving.items():
            np.testing.assert_array_equal(found[f"moving.{name}"], value, err_msg=name)
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-7)
    assert "batchnorm1.var" in expected


def test_lookahead_is_the_papers_algorithm(case, engine):
    # Algorithm 1 of arXiv 1907.08610, with plain SGD inside; the gradients are the model's own.
    rule = {"name": "lookahead", "every": 3, "share": 0.25}
    slow = every_step(case(NETWORK, optimiser=SGD, averaging=rule), engine)
    for step in range(1, len(slow)):
        before, after = slow[step - 1], slow[step]
        if step % 3:
            for name in weights_of(before):
                np.testing.assert_array_equal(after[name], before[name], err_msg=name)
            continue
        for name in weights_of(before):
            np.testing.assert_array_equal(after[f"moving.{name}"], after[name], err_msg=name)
    # At the first synchronisation the slow weights are first + share * (fast - first).
    fast = every_step(case(NETWORK, optimiser=SGD), engine)[3]
    for name, first in fast.items():
        expected = slow[0][name] + 0.25 * (first - slow[0][name])
        np.testing.assert_allclose(slow[3][name], expected, rtol=1e-5, atol=1e-7)


def test_a_share_of_all_makes_the_averages_the_weights(case, engine):
    one = case(NETWORK, optimiser=SGD, averaging={"name": "ema", "decay": 0.0})
    saved = every_step(one, engine)[-1]
    for name, value in weights_of(saved).items():
        np.testing.assert_array_equal(value, moving_of(saved)[name], err_msg=name)


def test_without_averaging_nothing_else_is_saved(case, engine):
    saved = every_step(case(NETWORK, optimiser=SGD), engine)[-1]
    assert state_of(saved) == {}
    assert set(moving_of(saved)) == set(saved)


@pytest.mark.parametrize("averaging", ["ema", "lookahead"])
def test_a_start_of_plain_weights_begins_with_equal_averages(case, engine, averaging):
    one = case(NETWORK, averaging=averaging)
    model = one.on(engine)
    saved = model.save(model.restore(one.first))
    assert {n: x.tobytes() for n, x in moving_of(saved).items()} == {
        n: x.tobytes() for n, x in one.first.items()
    }
