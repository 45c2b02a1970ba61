"""What a recipe may say of its steps, row by row: same on both engines, whole after a restore."""

import numpy as np

from imagette.train.plan import Planner

NETWORK = "conv 4 3x3 pad=same bias=no\nbatchnorm\nrelu\nflatten\ndropout 0.2\nlinear classes"


def assert_same(one, other):
    assert set(one) == set(other)
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


def test_the_engines_agree(step_recipe, case, agree):  # 002-31
    agree(case(NETWORK, **{"optimiser": {"name": "sgd", "rate": 0.05}, **step_recipe}))


def test_chunks_and_checkpoints_in_their_middle_move_no_bit(
    step_recipe, engine, case, monkeypatch
):  # 000-14, 004-32
    one = case(NETWORK, **{"optimiser": "adam", "augment": ["flip"], **step_recipe})
    whole, losses, _ = one.advanced(model := one.on(engine), model.start(one.first))
    monkeypatch.setattr(Planner, "chunk", 2)
    state, found = model.start(one.first), []
    for plan in one.plans():
        state, loss, _ = model.advance(one.on(engine).restore(model.save(state)), plan)
        found += loss.tolist()
    assert len(one.plans()) > 4
    assert found == losses
    assert_same(model.save(whole), model.save(state))


def test_a_checkpoint_goes_on_with_the_other_engine(step_recipe, case, both):  # 004-32
    one = case(NETWORK, **{"optimiser": {"name": "sgd", "rate": 0.05}, **step_recipe})
    models = both(one)
    for model, other in (models, models[::-1]):
        state, _, _ = one.advanced(model, model.start(one.first), [1])
        saved = model.save(state)
        assert_same(saved, other.save(other.restore(saved)))
        expected = one.advanced(model, model.restore(saved), [2])[1]
        went_on = one.advanced(other, other.restore(saved), [2])[1]
        np.testing.assert_allclose(went_on, expected, rtol=1e-3)
