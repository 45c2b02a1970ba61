"""Both engines against a loop as a tutorial writes it: torch.nn, torch.optim, no imagette."""

import numpy as np
import pytest
import torch

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec, state_of, weights_of
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build
from imagette.train.plan import Planner

TEXT = """
conv 4 3x3 pad=same
batchnorm
relu
maxpool 2
flatten
linear 8
relu
linear classes
"""
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (50, 8, 8, 2)).astype(np.uint8)
LABELS = RNG.integers(0, 3, 50).astype(np.int32)
PREPROCESS = Preprocess((0.5, 0.4), (0.25, 0.3))
GRAPH = walk(parse(TEXT), (2, 8, 8), 3)
FIRST = first_weights(GRAPH, seed=0)

OPTIMISERS = [
    ({"name": "sgd", "rate": 0.1}, lambda p: torch.optim.SGD(p, 0.1)),
    (
        {"name": "sgd", "rate": 0.1, "momentum": 0.9, "nesterov": True, "decay": 0.01},
        lambda p: torch.optim.SGD(p, 0.1, 0.9, nesterov=True, weight_decay=0.01),
    ),
    ({"name": "adam"}, lambda p: torch.optim.Adam(p)),
    ({"name": "adam", "decay": 0.1}, lambda p: torch.optim.Adam(p, weight_decay=0.1)),
    ({"name": "adamw", "decay": 0.1}, lambda p: torch.optim.AdamW(p, weight_decay=0.1)),
    ({"name": "rmsprop", "momentum": 0.5}, lambda p: torch.optim.RMSprop(p, momentum=0.5)),
]
LOSSES = [
    ({"name": "cross_entropy"}, torch.nn.CrossEntropyLoss()),
    (
        {"name": "cross_entropy", "label_smoothing": 0.2},
        torch.nn.CrossEntropyLoss(label_smoothing=0.2),
    ),
    ({"name": "cross_entropy", "reduction": "sum"}, torch.nn.CrossEntropyLoss(reduction="sum")),
    ({"name": "mse"}, lambda z, y: torch.nn.MSELoss()(z, torch.eye(3)[y])),
    ({"name": "nll"}, lambda z, y: torch.nn.NLLLoss()(z, y)),
]


@pytest.fixture
def make(engine):
    """A model of a recipe, and its planner."""

    def on_engine(graph=GRAPH, **recipe):
        recipe = Recipe(**{"batch": 10, "epochs": 2, **recipe})
        spec = EngineSpec(name=engine, device="cpu", threads=1)
        model = build(graph, recipe, PREPROCESS, spec)
        model.place(IMAGES, LABELS)
        return model, Planner(graph, recipe, 0, len(IMAGES))

    return on_engine


def advanced(model, planner, state, epochs):
    losses = []
    for epoch in epochs:
        for plan in planner.epoch(epoch):
            state, found, _ = model.advance(state, plan)
            losses += found.tolist()
    return state, losses


def tutorial_loop(planner, make_optimiser, loss_function):
    """Losses of ten steps, and the network they leave."""
    network = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1),
        torch.nn.BatchNorm2d(4),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 8),
        torch.nn.ReLU(),
        torch.nn.Linear(8, 3),
    )
    theirs = ("0", "1", "5", "7")
    ours = ("conv1", "batchnorm1", "linear1", "linear2")
    names = {"mean": "running_mean", "var": "running_var"}
    network.load_state_dict(
        {
            f"{theirs[ours.index(path)]}.{names.get(kind, kind)}": torch.from_numpy(value.copy())
            for name, value in FIRST.items()
            for path, _, kind in [name.rpartition(".")]
        },
        strict=False,
    )
    optimiser = make_optimiser(network.parameters())
    losses = []
    for epoch in (1, 2):
        for plan in planner.epoch(epoch):
            for rows in plan.indices:
                x = torch.from_numpy(PREPROCESS.apply(IMAGES[rows]))
                loss = loss_function(network(x), torch.from_numpy(LABELS[rows]).long())
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                losses.append(loss.item())
    return losses, network


@pytest.mark.parametrize(
    ("spec", "make_optimiser"), OPTIMISERS, ids=[str(spec) for spec, _ in OPTIMISERS]
)
def test_ten_steps_follow_torchs_own_optimiser(make, spec, make_optimiser):  # 001-26, 002-31
    model, planner = make(optimiser=spec)
    _, losses = advanced(model, planner, model.start(FIRST), (1, 2))
    expected, _ = tutorial_loop(planner, make_optimiser, torch.nn.CrossEntropyLoss())
    np.testing.assert_allclose(losses, expected, rtol=1e-3)


def test_running_statistics_move_as_torchs_own(make):  # 000-08
    # With SGD alone: the bias before a batch norm has no gradient but rounding, and Adam makes
    # steps of full size of that.
    model, planner = make(optimiser={"name": "sgd", "rate": 0.1})
    state, _ = advanced(model, planner, model.start(FIRST), (1, 2))
    _, network = tutorial_loop(
        planner, lambda p: torch.optim.SGD(p, 0.1), torch.nn.CrossEntropyLoss()
    )
    saved = model.save(state)
    np.testing.assert_allclose(saved["batchnorm1.mean"], network[1].running_mean, rtol=1e-3)
    np.testing.assert_allclose(saved["batchnorm1.var"], network[1].running_var, rtol=1e-3)


@pytest.mark.parametrize(("spec", "loss_function"), LOSSES, ids=[str(spec) for spec, _ in LOSSES])
def test_ten_steps_follow_torchs_own_loss(make, spec, loss_function):  # 002-11, 002-31, 002-T4
    model, planner = make(loss=spec, optimiser={"name": "sgd", "rate": 0.002})
    _, losses = advanced(model, planner, model.start(FIRST), (1, 2))
    expected, _ = tutorial_loop(planner, lambda p: torch.optim.SGD(p, 0.002), loss_function)
    images = 10 if spec.get("reduction") == "sum" else 1
    np.testing.assert_allclose(losses, np.array(expected) / images, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("spec", [row[0] for row in OPTIMISERS], ids=str)
def test_a_state_saved_and_restored_goes_on_with_the_same_bits(make, spec):  # 004-32, 000-14
    model, planner = make(optimiser=spec, augment=["flip", "shift"])
    state, _ = advanced(model, planner, model.start(FIRST), (1,))
    saved = model.save(state)
    whole, _ = advanced(model, planner, state, (2,))
    again, _ = advanced(
        *make(optimiser=spec, augment=["flip", "shift"]), model.restore(saved), (2,)
    )
    for name, value in model.save(whole).items():
        np.testing.assert_array_equal(value, model.save(again)[name], err_msg=name)


def test_the_length_of_a_chunk_moves_no_bit(make, monkeypatch):  # 000-14
    ends = []
    for chunk in (1, 2, 1000):
        monkeypatch.setattr(Planner, "chunk", chunk)
        model, planner = make(optimiser="adam", augment=["flip"])
        state, losses = advanced(model, planner, model.start(FIRST), (1, 2))
        ends.append({"losses": np.array(losses), **model.save(state)})
    for name, value in ends[0].items():
        np.testing.assert_array_equal(value, ends[1][name], err_msg=name)
        np.testing.assert_array_equal(value, ends[2][name], err_msg=name)


def test_a_checkpoint_at_every_step_moves_no_bit(make):  # 000-14
    model, planner = make(optimiser="adam", augment=["flip"])
    whole, _ = advanced(model, planner, model.start(FIRST), (1,))
    state = model.start(FIRST)
    for plan in planner.epoch(1):
        for step in plan.steps():
            state, _, _ = model.advance(model.restore(model.save(state)), step)
    for name, value in model.save(whole).items():
        np.testing.assert_array_equal(value, model.save(state)[name], err_msg=name)


def test_saved_weights_are_copies(make):  # 002-T2, 002-10
    model, planner = make()
    state = model.start(FIRST)
    saved = model.save(state)
    advanced(model, planner, state, (1,))
    np.testing.assert_array_equal(saved["conv1.weight"], FIRST["conv1.weight"])


def test_a_fresh_start_has_a_fresh_optimiser(make):  # 002-T5
    model, planner = make(optimiser={"name": "sgd", "rate": 0.1, "momentum": 0.9})
    first, losses = advanced(model, planner, model.start(FIRST), (1,))
    _, again = advanced(model, planner, model.start(FIRST), (1,))
    assert losses == again
    fresh = state_of(model.save(model.start(FIRST)))
    assert not any(value.any() for value in fresh.values())
    slots = {f"opt.momentum_buffer.{w.name}" for w in GRAPH.weights if w.trainable}
    assert set(state_of(model.save(first))) == slots


def test_prediction_does_not_depend_on_the_batch(make):  # 001-16, 000-T4
    model, planner = make()
    state, _ = advanced(model, planner, model.start(FIRST), (1,))
    weights = weights_of(model.save(state))
    whole, parts = (model.predict(weights, IMAGES, batch) for batch in (50, 7))
    assert whole.shape == (50, 3)
    np.testing.assert_allclose(whole, parts, atol=1e-5)


def test_prediction_moves_no_running_statistic(make):  # 000-T4
    model, _ = make()
    weights = {name: value.copy() for name, value in FIRST.items()}
    model.predict(weights, IMAGES, 10)
    for name, value in FIRST.items():
        np.testing.assert_array_equal(weights[name], value)


def test_all_arrays_are_float32(make):  # 003-T4
    model, planner = make(optimiser="adam")
    state, _ = advanced(model, planner, model.start(FIRST), (1,))
    assert {value.dtype for value in model.save(state).values()} == {np.dtype(np.float32)}


def test_dropout_draws_anew_at_every_step_and_is_off_in_evaluation(make):  # 000-T2, 000-T4
    graph = walk(parse("flatten\ndropout 0.5 name=drop\nlinear classes"), (2, 8, 8), 3)
    first = first_weights(graph, seed=0)
    frozen = {"name": "sgd", "rate": 0.0}
    model, planner = make(graph, batch=50, epochs=3, optimiser=frozen)
    seen = model.activations(first, IMAGES, ["flatten1", "drop"])
    np.testing.assert_array_equal(seen["flatten1"], seen["drop"])
    _, losses = advanced(model, planner, model.start(first), (1, 2, 3))
    assert len(set(losses)) == 3


def test_images_that_come_with_the_plan_give_the_bits_of_placed_ones(make):  # 004-14
    losses, weights = [], []
    for streamed in (False, True):
        model, planner = make(augment=["flip", "shift", "cutout"])
        model.place(None if streamed else IMAGES, LABELS)
        state, plan = model.start(FIRST), next(iter(planner.epoch(1)))
        images = IMAGES[plan.indices].astype(np.float32) if streamed else None
        state, found, _ = model.advance(state, plan, images)
        losses.append(found)
        weights.append(model.save(state))
    assert len(losses[0]) > 1
    np.testing.assert_array_equal(*losses)
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])
