"""Batches cut into shards, a thread each, on JAX: the same training as of whole batches."""

import numpy as np
import pytest

from imagette.engines.with_jax import shards as shards_module
from imagette.engines.with_jax.shards import WHOLE, Shards, shards_for
from imagette.train.plan import Planner

DROPPED = "conv 4 3x3\nrelu\nmaxpool 2\ndropout 0.3\nflatten\ndropout 0.5\nlinear classes"
NORMED = "conv 4 3x3\nbatchnorm\nrelu\nflatten\nlinear 8\nbatchnorm\ndropout 0.2\nlinear classes"
AVERAGED = "conv 4 3x3\nbatchnorm\nrelu\nmean\nlinear classes"
SGD = {"name": "sgd", "rate": 0.05}

RECIPES = {
    "dropout": {"network": DROPPED},
    "batch norms": {"network": NORMED},
    "a short last batch of an odd number": {"network": NORMED, "num_images": 45, "batch": 20},
    "moved pictures": {
        "network": DROPPED,
        "augment": ["flip", {"name": "shift", "pixels": 2}, {"name": "cutout", "size": 3}],
    },
    "turned and changed pictures": {"network": NORMED, "augment": ["affine", "trivial"]},
    "a size that grows": {"network": AVERAGED, "sizes": {"sides": [6, 8], "shares": [0.5, 0.5]}},
    "frozen weights, groups, Adam": {
        "network": f"conv 4 1x1 frozen=yes\nscale initial=0.5\n{DROPPED}",
        "groups": [{"match": "*.bias", "rate": 4.0}],
        "optimiser": "adam",
    },
    "a sum": {"network": DROPPED, "loss": {"name": "cross_entropy", "reduction": "sum"}},
    "class weights, a clipped gradient": {
        "network": DROPPED,
        "loss": {"name": "cross_entropy", "class_weights": (1.0, 2.0, 0.5)},
        "clip": 0.1,
    },
    "averages": {"network": NORMED, "averaging": "ema"},
    "Muon": {"network": DROPPED, "optimiser": "muon"},
}
SOME = ("averages", "a short last batch of an odd number", "turned and changed pictures")


@pytest.fixture
def make(case):
    return lambda name: case(**{"optimiser": SGD, "batch": 20, **RECIPES[name]})


@pytest.fixture
def on_threads(monkeypatch):
    """Models on so many threads, which this process says that JAX has started with."""

    def build(case, threads):
        monkeypatch.setenv("NPROC", str(threads))
        model = case.on("jax", threads=threads)
        monkeypatch.setenv("NPROC", "1")
        return model

    return build


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


@pytest.mark.parametrize(
    ("name", "threads"), [("batch norms", 2), *((name, 4) for name in RECIPES)]
)
def test_shards_train_as_the_whole_batch_does(name, threads, make, on_threads):
    one = make(name)
    model, whole = on_threads(one, threads), one.on("jax")
    count = shards_for(one.recipe.batch, threads).count
    assert (model.shards, whole.shards) == (count, 1)
    assert f"{threads} threads, float32, {count} shards" in model.device
    assert "shards" not in whole.device
    assert_trained_alike(one, model, whole)


@pytest.mark.parametrize(
    ("network", "broken"), [(DROPPED, "number_of_first"), (DROPPED, "total"), (NORMED, "total")]
)
def test_it_would_be_seen_if_a_shard_took_itself_for_the_batch(
    network, broken, case, on_threads, monkeypatch
):
    one = case(network, optimiser=SGD)
    alone = {"number_of_first": lambda _self, _num: 0, "total": lambda _self, tree: tree}[broken]
    monkeypatch.setattr(Shards, broken, alone)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_trained_alike(one, on_threads(one, 2), one.on("jax"))


@pytest.mark.parametrize("name", SOME)
def test_chunks_and_checkpoints_in_their_middle_move_no_bit(name, make, on_threads, monkeypatch):
    # 000-14
    one = make(name)
    whole, losses, _ = trained(one, model := on_threads(one, 4))
    monkeypatch.setattr(Planner, "chunk", 2)
    again = on_threads(one, 4)
    state, found = model.start(one.first), []
    assert len(one.plans()) > 2
    for plan in one.plans():
        state, loss, _ = again.advance(again.restore(again.save(state)), plan)
        found += loss.tolist()
    assert found == losses
    for name, value in model.save(state).items():
        np.testing.assert_array_equal(value, whole[name], err_msg=name)


@pytest.mark.parametrize("name", SOME)
def test_streamed_images_are_cut_alike(name, make, on_threads):
    one = make(name)
    model = on_threads(one, 4)
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
def test_what_looks_at_the_whole_batch_has_it_whole(more, case, on_threads):
    assert on_threads(case(DROPPED, **more), 2).shards == 1


@pytest.mark.parametrize(
    ("batch", "threads", "count"),
    [
        (7, 2, 1),
        (8, 2, 2),
        (9, 2, 1),
        (12, 3, 3),
        (20, 8, 5),
        (20, 16, 1),
        (128, 32, 16),
        (20, 1, 1),
    ],
)
def test_the_rule_takes_equal_shards_of_four_images_for_half_the_threads_at_least(
    batch, threads, count
):
    assert shards_for(batch, threads) == Shards(count)
    assert bool(Shards(count)) == (count > 1)


def test_all_images_at_once_are_one_batch():
    assert shards_for("all", 2) == WHOLE


def test_placed_images_lie_in_memory_once():
    shared = Shards(2).shared(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    first, second = (each.data.unsafe_buffer_pointer() for each in shared.addressable_shards)
    assert first == second


def test_options_that_this_xla_does_not_know_are_left_out(monkeypatch):
    known = dict(shards_module._OPTIONS)
    monkeypatch.setattr(shards_module, "_OPTIONS", {**known, "xla_cpu_of_tomorrow": 1})
    shards_module._options.cache_clear()
    assert shards_module._options() == known
