"""Batches cut into shards, a thread each, on JAX: the same training as of whole batches."""

import numpy as np
import pytest

from imagette.engines.with_jax.shards import WHOLE, Shards, shards_for
from imagette.train.plan import Planner

DROPPED = "conv 4 3x3\nrelu\nmaxpool 2\ndropout 0.3\nflatten\ndropout 0.5\nlinear classes"
NORMED = "conv 4 3x3\nbatchnorm\nrelu\nflatten\nlinear 8\nbatchnorm\ndropout 0.2\nlinear classes"
SGD = {"name": "sgd", "rate": 0.05}

RECIPES = {
    "dropout": {"network": DROPPED},
    "batch norms": {"network": NORMED},
    "a short last batch of an odd number": {"network": NORMED, "num_images": 45, "batch": 20},
    "moved pictures": {
        "network": DROPPED,
        "augment": ["flip", {"name": "shift", "pixels": 2}, {"name": "cutout", "size": 3}],
    },
    "a sum": {"network": DROPPED, "loss": {"name": "cross_entropy", "reduction": "sum"}},
    "class weights": {
        "network": DROPPED,
        "loss": {"name": "cross_entropy", "class_weights": (1.0, 2.0, 0.5)},
    },
    "a clipped gradient": {"network": DROPPED, "clip": 0.1},
    "averages": {"network": NORMED, "averaging": "ema"},
    "Muon": {"network": DROPPED, "optimiser": "muon"},
    "Adam": {"network": DROPPED, "optimiser": "adam"},
}


@pytest.fixture(params=RECIPES)
def one(request, case):
    return case(**{"optimiser": SGD, **RECIPES[request.param]})


def trained(case, model):
    state, losses, correct = case.advanced(model, model.start(case.first))
    return model.save(state), losses, correct


def assert_trained_alike(one, model, other):
    saved, losses, correct = trained(one, model)
    expected, expected_losses, expected_correct = trained(one, other)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-4)
    assert correct == expected_correct
    for name, value in expected.items():
        np.testing.assert_allclose(saved[name], value, rtol=1e-3, atol=1e-5, err_msg=name)


def test_shards_train_as_the_whole_batch_does(one):  # 000-13, 002-26
    model, whole = one.on("jax", threads=2), one.on("jax")
    assert ("2 threads, float32, 2 shards" in model.device, model.threads) == (True, 2)
    assert "shards" not in whole.device
    assert_trained_alike(one, model, whole)


def test_shards_train_as_torch_does(one):
    assert_trained_alike(one, one.on("jax", threads=2), one.on("torch"))


@pytest.mark.parametrize(
    ("network", "broken"), [(DROPPED, "first"), (DROPPED, "total"), (NORMED, "total")]
)
def test_it_would_be_seen_if_a_shard_took_itself_for_the_batch(network, broken, case, monkeypatch):
    one = case(network, optimiser=SGD)
    alone = {"first": lambda _self, _num: 0, "total": lambda _self, tree: tree}[broken]
    monkeypatch.setattr(Shards, broken, alone)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_trained_alike(one, one.on("jax", threads=2), one.on("torch"))


def test_chunks_and_checkpoints_in_their_middle_move_no_bit(one, monkeypatch):  # 000-14
    whole, losses, _ = trained(one, model := one.on("jax", threads=2))
    monkeypatch.setattr(Planner, "chunk", 2)
    state, found = model.start(one.first), []
    for plan in one.plans():
        state = one.on("jax", threads=2).restore(model.save(state))
        state, loss, _ = model.advance(state, plan)
        found += loss.tolist()
    assert found == losses
    for name, value in model.save(state).items():
        np.testing.assert_array_equal(value, whole[name], err_msg=name)


def test_streamed_images_are_cut_alike(one):
    model = one.on("jax", threads=2)
    placed = trained(one, model)
    model.place(None, one.labels)
    state, losses = model.start(one.first), []
    for plan in one.plans():
        state, found, _ = model.advance(state, plan, one.images[plan.indices])
        losses += found.tolist()
    assert losses == placed[1]
    for name, value in model.save(state).items():
        np.testing.assert_array_equal(value, placed[0][name], err_msg=name)


@pytest.mark.parametrize(
    "more", [{"augment": ["mixup"]}, {"augment": ["cutmix"]}, {"accumulate": 2}]
)
def test_what_looks_at_the_whole_batch_has_it_whole(more, case):
    assert "shards" not in case(DROPPED, **more).on("jax", threads=2).device


@pytest.mark.parametrize(
    ("batch", "threads", "count"),
    [(7, 2, 1), (8, 2, 2), (9, 2, 1), (9, 3, 1), (12, 3, 3), (20, 8, 5), (128, 64, 16), (20, 1, 1)],
)
def test_the_rule_takes_equal_shards_of_four_images_at_least(batch, threads, count):
    assert shards_for(batch, threads) == Shards(count)
    assert bool(Shards(count)) == (count > 1)


def test_all_images_at_once_are_one_batch():
    assert shards_for("all", 2) == WHOLE
