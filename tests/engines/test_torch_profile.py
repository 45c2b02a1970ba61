"""Times of nodes on torch: each is charged what it takes, and watching moves no bit."""

from time import sleep

import numpy as np
import pytest
import torch

from imagette.engines.with_torch.layers import Call
from imagette.engines.with_torch.profile import Stopwatch


class Slow(torch.autograd.Function):
    """x, after 10 ms; its gradient after 30."""

    @staticmethod
    def forward(_context, x):
        sleep(0.01)
        return x.clone()

    @staticmethod
    def backward(_context, gradient):
        sleep(0.03)
        return gradient


def call(*inputs):
    return Call(list(inputs), {}, training=True, keys=None, first=0)


@pytest.fixture
def watch():
    return Stopwatch()


def test_time_is_charged_to_the_node_that_takes_it(watch):
    slow = watch.around("slow", lambda given: Slow.apply(given.inputs[0] * 2))
    quick = watch.around("quick", lambda given: given.inputs[0] + given.inputs[1])
    x = torch.ones(3, requires_grad=True)
    entered = x * 1
    quick(call(slow(call(entered)), entered)).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0, 3.0]
    assert watch.forward["slow"] >= 0.01 > watch.forward["quick"]
    assert watch.backward["slow"] >= 0.03 > watch.backward["quick"]


def test_a_node_that_hands_its_input_on_takes_none_of_what_came_before(watch):
    x = Slow.apply(torch.ones(3, requires_grad=True))
    watch.around("same", lambda given: given.inputs[0])(call(x)).sum().backward()
    assert not watch.backward


def test_weights_are_charged_once_at_every_step(watch):
    weight = torch.ones(3, requires_grad=True)
    node = watch.around("scale", lambda given: Slow.apply(given.inputs[0] * weight))
    for _ in range(3):
        node(call(torch.ones(3))).sum().backward()
    assert 0.09 <= watch.backward["scale"] < 0.18


NETWORK = "residual { conv 2 3x3 pad=same; batchnorm; relu; dropout 0.5 }\nflatten\nlinear classes"


@pytest.mark.parametrize("recipe", [{}, {"accumulate": 2}])
def test_watched_steps_move_the_same_bits(case, recipe):
    one = case(NETWORK.replace("; ", "\n"), **recipe)
    model = one.on("torch")
    plain, watched = model.start(one.first), model.start(one.first)
    for plan in one.plans():
        plain, _, _ = model.advance(plain, plan)
        found = model.node_seconds(watched, plan)
        assert set(found) == {node.path for node in one.graph.nodes}
    saved = model.save(watched)
    for name, value in model.save(plain).items():
        np.testing.assert_array_equal(value, saved[name], err_msg=name)


def test_jax_tells_no_node_apart(case):
    one = case("flatten\nlinear classes")
    model = one.on("jax")
    assert model.node_seconds(model.start(one.first), one.plans()[0]) is None
