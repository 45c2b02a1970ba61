import jax.numpy as jnp
import numpy as np
import pytest
import torch

from imagette.data.interpolate import resized_batch
from imagette.engines.with_jax.resize import resized as resized_in_jax
from imagette.engines.with_torch.resize import resized as resized_in_torch
from imagette.network import parse, walk
from imagette.run.parity_report import error_of
from imagette.train.plan import Planner

NETWORK = "conv 4 3x3 pad=same bias=no\nbatchnorm\nrelu\nmaxpool 2\nmean\nlinear classes"
SIZES = {"sides": [12, [8, 10], 8], "shares": [0.25, 0.25, 0.5]}


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("size", [(24, 24), (40, 20)])
def test_an_engine_resizes_as_numpy_does(engine, size, kind):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 24, 3)).astype(kind)
    expected = resized_batch(pixels.astype(np.float32), size)
    if engine == "torch":
        found = resized_in_torch(torch.from_numpy(pixels), size).numpy()
    else:
        found = np.asarray(resized_in_jax(jnp.asarray(pixels), size))
    assert found.dtype == np.float32
    assert error_of(found, expected) < 1e-5


@pytest.fixture
def growing(case, monkeypatch):
    made = case(NETWORK, epochs=4, sizes=SIZES, augment=["flip", "shift"])
    network = parse(NETWORK)
    sized = {size: walk(network, (2, *size), 3) for size in made.recipe.sizes.sizes}
    planner = Planner(made.graph, made.recipe, 0, len(made.images), sized=sized)
    monkeypatch.setattr(type(made), "planner", planner)
    return made


def test_the_engines_agree_while_pictures_grow(growing, agree):
    assert [plan.input_size for plan in growing.plans()] == [(12, 12), (8, 10), None, None]
    agree(growing)


def test_a_part_of_a_plan_keeps_its_size(growing):
    (plan,) = growing.plans([1])
    assert {part.input_size for part in (*plan.steps(), plan.head(2))} == {(12, 12)}


def test_a_size_that_is_the_pictures_own_moves_no_bit(engine, case):
    with_sizes = case(NETWORK, sizes={"sides": [8], "shares": [1.0]})
    losses = []
    for one in (with_sizes, case(NETWORK)):
        model = one.on(engine)
        losses.append(one.advanced(model, model.start(one.first))[1])
    assert losses[0] == losses[1]
