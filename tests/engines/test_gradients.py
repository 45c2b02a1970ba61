"""Finite differences confirm the gradient of every layer and loss: float64, training mode."""

from dataclasses import replace
from itertools import product
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax.test_util import check_grads
from torch.autograd import gradcheck
from torch.autograd.gradcheck import GradcheckError

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec, StepPlan
from imagette.engines.with_jax.forward import Forward as JaxForward
from imagette.engines.with_jax.layers import LOWERINGS as JAX_LAYERS
from imagette.engines.with_jax.layout import laid_out
from imagette.engines.with_jax.losses import lower_loss as lower_in_jax
from imagette.engines.with_torch import TorchModel
from imagette.engines.with_torch.device import working
from imagette.engines.with_torch.forward import Forward as TorchForward
from imagette.engines.with_torch.layers import LOWERINGS as TORCH_LAYERS
from imagette.engines.with_torch.losses import lower_loss as lower_in_torch
from imagette.network import MaxPool, Tanh, parse, walk
from imagette.recipe.losses import CrossEntropy, Loss
from imagette.recipe.optimisers import SGD
from imagette.recipe.own import OwnLoss
from imagette.recipe.recipe import Recipe

SHAPE = (4, 6, 5)  # C, H, W
KEYS = torch.tensor([123_456_789, -987_654_321], dtype=torch.int32)  # one dropout mask for all


def spread(shape, seed):
    """Numbers from -1 to 1, evenly apart and shuffled: no two are equal, and none is at a kink."""
    count = int(np.prod(shape)) // 2 * 2 + 2  # even, so that 0 is not among them
    values = np.random.default_rng(seed).permutation(np.linspace(-1, 1, count))
    return torch.tensor(values[: int(np.prod(shape))].reshape(shape), requires_grad=True)


def in_torch(graph, values, weights):
    """Raises GradcheckError unless both ways agree, for the images and every trainable weight."""
    forward, keys = TorchForward(graph), {node.path: KEYS for node in graph.nodes}

    def layer(images, *given):
        moving = {weight.name: torch.ones(weight.shape).double() for weight in graph.weights}
        named = {weight.name: value for weight, value in zip(weights, given, strict=True)}
        outputs = forward.train(images, moving | named, keys)
        return (outputs * spread(outputs.shape, 99).detach()).sum()

    with working(1):
        assert gradcheck(layer, values)


def in_jax(graph, values, weights):
    """Raises AssertionError unless both ways agree; kernels and images as JAX lays them out."""
    forward = JaxForward(graph)
    keys = {node.path: KEYS.numpy().view(np.uint32) for node in graph.nodes}

    def layer(images, params):
        outputs, _ = forward.train(images, params, moving, keys)
        outputs = jnp.moveaxis(outputs, -1, 1)
        return (outputs * spread(outputs.shape, 99).detach().numpy()).sum()

    with jax.enable_x64(True):
        moving = {w.name: laid_out(np.ones(w.shape)) for w in graph.weights if not w.trainable}
        images, *given = (value.detach().numpy() for value in values)
        params = {w.name: laid_out(value) for w, value in zip(weights, given, strict=True)}
        placed = jnp.moveaxis(jnp.asarray(images), 1, -1)
        check_grads(jax.jit(layer), (placed, params), order=1, modes=["rev"], rtol=1e-4, atol=1e-5)


CHECKS = {"torch": in_torch, "jax": in_jax}


def check(engine, text, layer_alone):
    """A sum of the outputs, each with a weight of its own, shows every one of them."""
    graph = layer_alone(text, SHAPE)
    trainable = [weight for weight in graph.weights if weight.trainable]
    values = [spread(weight.shape, seed) for seed, weight in enumerate(trainable, 1)]
    CHECKS[engine](graph, (spread((2, *SHAPE), 0), *values), trainable)


def test_the_gradients_of_a_layer_match_finite_differences(engine, layer_text, layer_alone):
    # 002-32
    check(engine, layer_text, layer_alone)


def test_a_wrong_gradient_is_caught_in_torch(monkeypatch, layer_alone):
    def straight_through(_layer):
        return lambda call: call.inputs[0] + (call.inputs[0].tanh() - call.inputs[0]).detach()

    monkeypatch.setitem(TORCH_LAYERS, Tanh, straight_through)
    with pytest.raises(GradcheckError, match="Jacobian mismatch"):
        check("torch", "tanh", layer_alone)


def test_a_wrong_gradient_is_caught_in_jax(monkeypatch, layer_alone):
    def straight_through(_layer):
        return lambda call: (
            call.inputs[0] + jax.lax.stop_gradient(jnp.tanh(call.inputs[0]) - call.inputs[0])
        )

    monkeypatch.setitem(JAX_LAYERS, Tanh, straight_through)
    with pytest.raises(AssertionError):
        check("jax", "tanh", layer_alone)


def test_the_gradients_of_a_loss_match_finite_differences(loss_spec):  # 002-31, 002-32
    labels = torch.tensor([2, 0, 1, 1])
    loss = lower_in_torch(loss_spec)
    assert gradcheck(lambda outputs: loss(outputs, labels), (spread((4, 3), 0),))
    in_jax = lower_in_jax(loss_spec)
    with jax.enable_x64(True):
        outputs = jnp.asarray(spread((4, 3), 0).detach().numpy())
        check_grads(lambda x: in_jax(x, labels.numpy()), (outputs,), order=1, modes=["rev"])


def test_every_loss_has_a_row(losses):
    kinds = set(get_args(get_args(Loss)[0])) - {OwnLoss}
    assert {type(spec) for spec in losses} == kinds


def test_a_step_of_the_engine_takes_the_gradients_that_were_confirmed():  # 002-32, 003-T1
    text = "conv 4 3x3 pad=same bias=no\nbatchnorm\nrelu\nresidual { conv 4 3x3 pad=same\ntanh }"
    graph = walk(
        parse(f"{text}\nmaxpool 2\ndropout 0.3\nflatten\nlayernorm\nlinear classes"), SHAPE, 3
    )
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 6, 5, 4)).astype(np.uint8)
    labels = generator.integers(0, 3, 8).astype(np.int32)
    preprocess, weights = Preprocess((0.4,) * 4, (0.3,) * 4), first_weights(graph, seed=0)
    model = TorchModel(graph, Recipe(optimiser=SGD(rate=1)), preprocess, EngineSpec(device="cpu"))
    model.place(images, labels)
    order = np.arange(8, dtype=np.int32)[None]
    keys = {"dropout1": KEYS.numpy().view(np.uint32)[None]}
    plan = StepPlan(0, order, {}, np.ones((1, 1), np.float32), keys, np.zeros(1, np.float32))
    moved = model.save(model.advance(model.start(weights), plan)[0])

    exact = {w.name: torch.tensor(weights[w.name]).double() for w in graph.weights}
    trainable = {w.name: exact[w.name].requires_grad_() for w in graph.weights if w.trainable}
    inputs = torch.tensor(preprocess.apply(images)).double()
    outputs = TorchForward(graph).train(inputs, exact, {"dropout1": KEYS})
    lower_in_torch(CrossEntropy())(outputs, torch.tensor(labels).long()).backward()
    for name, tensor in trainable.items():
        gradient = tensor.grad.numpy()
        error = np.abs(weights[name] - moved[name] - gradient).max()
        assert error / max(1e-3, np.abs(gradient).max()) < 1e-4, name


def first_of_ties(images, layer):
    """How often each element [N,C,H,W] is the first largest of a window, in row-major order."""
    top, bottom, left, right = layer.margins
    margins = ((0, 0), (0, 0), (top, bottom), (left, right))
    padded = np.pad(images, margins, constant_values=-np.inf)
    (rows, columns), (down, across) = layer.kernel, layer.stride
    count = np.zeros_like(padded)
    tops = range(0, padded.shape[2] - rows + 1, down)
    for n, c, i, j in product(
        *map(range, images.shape[:2]), tops, range(0, padded.shape[3] - columns + 1, across)
    ):
        row, column = divmod(padded[n, c, i : i + rows, j : j + columns].argmax(), columns)
        count[n, c, i + row, j + column] += 1
    return count[:, :, top : padded.shape[2] - bottom, left : padded.shape[3] - right]


def pooled_gradient(engine, pool, values):
    """Of the sum of a pooling's outputs, by its images [N,C,H,W]."""
    if engine == "torch":
        images = torch.tensor(values).contiguous(memory_format=torch.channels_last)
        TorchForward(pool).train(images.requires_grad_(), {}, {}).sum().backward()
        return images.grad.numpy()
    images = jnp.moveaxis(jnp.asarray(values), 1, -1)
    found = jax.jit(jax.grad(lambda x: JaxForward(pool).train(x, {}, {}, {})[0].sum()))(images)
    return np.moveaxis(np.asarray(found), -1, 1)


@pytest.mark.parametrize("text", ["maxpool 2", "maxpool 3 stride=2 pad=1,0,0,2", "maxpool 3 pad=1"])
@pytest.mark.parametrize("kinds", [1, 2], ids=["constant", "black and white"])
def test_ties_in_max_pooling_go_to_the_first_in_row_major_order(engine, text, kinds):
    # CONTRACTS, "Engines": 8-bit pictures and ReLUs make ties all the time.
    graph = walk(parse(f"{text}\nflatten\nlinear classes"), (24, 9, 8), 3)
    (node, *_) = graph.nodes
    assert isinstance(node.layer, MaxPool)
    values = np.random.default_rng(0).integers(0, kinds, (3, 24, 9, 8)).astype(np.float32)
    found = pooled_gradient(engine, replace(graph, nodes=(node,)), values)
    np.testing.assert_array_equal(found, first_of_ties(values, node.layer))


@pytest.mark.parametrize("kinds", [1, 2], ids=["constant", "black and white"])
def test_ties_for_the_largest_of_a_channel_go_to_the_first(engine, kinds):
    graph = walk(parse("max\nlinear classes"), (24, 9, 8), 3)
    values = np.random.default_rng(0).integers(0, kinds, (3, 24, 9, 8)).astype(np.float32)
    found = pooled_gradient(engine, replace(graph, nodes=graph.nodes[:1]), values)
    expected = first_of_ties(values, MaxPool((9, 8)))
    np.testing.assert_array_equal(found, expected)
