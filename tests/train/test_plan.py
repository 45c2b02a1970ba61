import numpy as np
import pytest

from imagette.network import named, parse, walk
from imagette.recipe.recipe import Recipe
from imagette.train.plan import Planner


@pytest.fixture
def graph():
    return walk(parse("conv 4 3x3\ndropout 0.5\nflatten\nlinear classes"), (1, 8, 8), 10)


def joined(plans, field):
    return np.concatenate([getattr(plan, field).reshape(-1) for plan in plans])


def test_mnist_at_batch_64_is_938_steps_the_last_of_32_images():  # 002-29, 002-T3, 001-17, 000-15
    graph = walk(named("softmax"), (1, 28, 28), 10)
    planner = Planner(graph, Recipe(batch=64), 0, 60_000)
    plans = list(planner.epoch(1))
    assert sum(plan.num_steps for plan in plans) == planner.steps_per_epoch == 938
    assert plans[-1].indices.shape == (1, 32)
    assert sorted(joined(plans, "indices")) == list(range(60_000))


def test_every_epoch_has_its_own_order(graph):  # 003-T2, 002-16, 000-15
    planner = Planner(graph, Recipe(batch=10), 0, 100)
    first, second = (joined(planner.epoch(epoch), "indices") for epoch in (1, 2))
    assert (first != second).any()


def test_full_gradient_descent_is_one_step_an_epoch_on_all_images(graph):  # 002-13
    (plan,) = Planner(graph, Recipe(batch="all"), 0, 100).epoch(1)
    assert plan.indices.shape == (1, 100)


def test_the_length_of_a_chunk_moves_no_bit(graph, monkeypatch):  # 000-14
    recipe = Recipe(batch=8, augment=["flip", "shift", "flip"], schedule="cosine")
    planner = Planner(graph, recipe, 5, 100)
    together = list(planner.epoch(2))
    monkeypatch.setattr(Planner, "chunk", 3)
    apart = list(planner.epoch(2))
    assert len(apart) > len(together)
    for field in ("indices", "rates"):
        np.testing.assert_array_equal(joined(together, field), joined(apart, field))
    for name in ("0.flip", "1.shift", "2.flip"):
        whole = np.concatenate([plan.draws[name].reshape(-1) for plan in together])
        parts = np.concatenate([plan.draws[name].reshape(-1) for plan in apart])
        np.testing.assert_array_equal(whole, parts)
    keys = np.concatenate([plan.dropout["dropout1"] for plan in apart])
    np.testing.assert_array_equal(keys, np.concatenate([p.dropout["dropout1"] for p in together]))


def test_an_epoch_can_be_begun_in_its_middle(graph, monkeypatch):
    monkeypatch.setattr(Planner, "chunk", 2)
    planner = Planner(graph, Recipe(batch=8), 0, 100)
    whole = list(planner.epoch(1))
    rest = list(planner.epoch(1, first=4))
    assert rest[0].first_step == 4
    np.testing.assert_array_equal(joined(rest, "indices"), joined(whole, "indices")[32:])


def test_two_flips_of_one_recipe_draw_apart(graph):
    plan = next(Planner(graph, Recipe(batch=100, augment=["flip", "flip"]), 0, 100).epoch(1))
    assert (plan.draws["0.flip"] != plan.draws["1.flip"]).any()


def test_dropout_has_new_keys_at_every_step(graph):  # 000-T2
    planner = Planner(graph, Recipe(batch=10), 0, 100)
    keys = np.concatenate([p.dropout["dropout1"] for e in (1, 2) for p in planner.epoch(e)])
    assert len(np.unique(keys, axis=0)) == 20


def test_another_seed_plans_another_training(graph):  # 000-14
    plans = [next(Planner(graph, Recipe(batch=10), seed, 100).epoch(1)) for seed in (0, 1, 0)]
    assert (plans[0].indices != plans[1].indices).any()
    np.testing.assert_array_equal(plans[0].indices, plans[2].indices)
