"""Finite differences confirm the gradient of every layer and loss: float64, training mode."""

from dataclasses import replace
from itertools import product
from typing import get_args

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.autograd.gradcheck import GradcheckError

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec, StepPlan
from imagette.engines.with_torch import TorchModel
from imagette.engines.with_torch.device import working
from imagette.engines.with_torch.forward import Forward
from imagette.engines.with_torch.layers import LOWERINGS
from imagette.engines.with_torch.losses import lower_loss
from imagette.network import MaxPool, Tanh, parse, walk
from imagette.recipe.losses import MSE, NLL, CrossEntropy, Loss
from imagette.recipe.optimisers import SGD
from imagette.recipe.own import OwnLoss
from imagette.recipe.recipe import Recipe

SHAPE = (4, 6, 5)  # C, H, W
KEYS = torch.tensor([123_456_789, -987_654_321], dtype=torch.int32)  # one dropout mask for all

ROWS = [
    "conv 3 3x3",
    "conv 3 3x2 stride=2x1 pad=1,0,2,1",
    "conv 3 3x3 pad=same stride=2",
    "conv 4 3x3 groups=2 bias=no",
    "conv 4 3x3 groups=4 pad=same",
    "conv 3 2x2 dilation=2",
    "flatten\nlinear 5",
    "maxpool 2",
    "maxpool 3 stride=2 pad=1,0,0,2",
    "avgpool 2",
    "avgpool 3 stride=2 pad=1",
    "mean",
    "batchnorm epsilon=0.01",
    "flatten\nbatchnorm",
    "layernorm epsilon=0.001",
    "flatten\nlayernorm",
    "dropout 0.5",
    "relu",
    "gelu",
    "sigmoid",
    "tanh",
    "softmax",
    "log_softmax",
    "flatten",
    "residual { conv 4 3x3 pad=same }",
    "residual { conv 3 3x3 } { conv 3 3x3 }",
    "branches { { conv 2 1x1 } { } }",
]


def spread(shape, seed):
    """Numbers from -1 to 1, evenly apart and shuffled: no two are equal, and none is at a kink."""
    count = int(np.prod(shape)) // 2 * 2 + 2  # even, so that 0 is not among them
    values = np.random.default_rng(seed).permutation(np.linspace(-1, 1, count))
    return torch.tensor(values[: int(np.prod(shape))].reshape(shape), requires_grad=True)


def layer_alone(text):
    """The graph of `text` without the linear layer that a network needs after it."""
    flat = "flatten" in text or text == "mean"
    graph = walk(parse(f"{text}\n{'' if flat else 'flatten'}\nlinear classes"), SHAPE, 3)
    return replace(graph, nodes=graph.nodes[: -1 if flat else -2])


def check(text):
    """Raises GradcheckError unless both ways agree, for the images and every trainable weight.

    A sum of the outputs, each with a weight of its own, shows every one of them.
    """
    graph = layer_alone(text)
    forward, keys = Forward(graph), {node.path: KEYS for node in graph.nodes}
    trainable = [weight for weight in graph.weights if weight.trainable]

    def layer(images, *values):
        moving = {weight.name: torch.ones(weight.shape).double() for weight in graph.weights}
        named = {weight.name: value for weight, value in zip(trainable, values, strict=True)}
        outputs = forward.train(images, moving | named, keys)
        return (outputs * spread(outputs.shape, 99).detach()).sum()

    values = [spread(weight.shape, seed) for seed, weight in enumerate(trainable, 1)]
    with working(1):
        assert gradcheck(layer, (spread((2, *SHAPE), 0), *values))


@pytest.mark.parametrize("text", ROWS)
def test_the_gradients_of_a_layer_match_finite_differences(text):  # 002-32
    check(text)


def test_every_lowered_layer_has_a_row_here():
    lowered = {type(node.layer) for text in ROWS for node in layer_alone(text).nodes}
    assert lowered == set(LOWERINGS)


def test_a_wrong_gradient_is_caught(monkeypatch):
    def straight_through(_layer):
        return lambda call: call.inputs[0] + (call.inputs[0].tanh() - call.inputs[0]).detach()

    monkeypatch.setitem(LOWERINGS, Tanh, straight_through)
    with pytest.raises(GradcheckError, match="Jacobian mismatch"):
        check("tanh")


LOSSES = [
    kind(reduction=reduction, **smoothing)
    for kind, smoothing in (
        (CrossEntropy, {}),
        (CrossEntropy, {"label_smoothing": 0.1}),
        (MSE, {}),
        (NLL, {}),
    )
    for reduction in ("mean", "sum")
]


@pytest.mark.parametrize("spec", LOSSES, ids=repr)
def test_the_gradients_of_a_loss_match_finite_differences(spec):  # 002-32, 002-31
    labels = torch.tensor([2, 0, 1, 1])
    loss = lower_loss(spec)
    assert gradcheck(lambda outputs: loss(outputs, labels), (spread((4, 3), 0),))


def test_every_loss_has_a_row_here():
    kinds = set(get_args(get_args(Loss)[0])) - {OwnLoss}
    assert {type(spec) for spec in LOSSES} == kinds


def test_a_step_of_the_engine_takes_the_gradients_that_were_confirmed():  # 002-32, 003-T1
    text = "conv 4 3x3 pad=same\nbatchnorm\nrelu\nresidual { conv 4 3x3 pad=same\ntanh }\nmaxpool 2"
    graph = walk(parse(f"{text}\ndropout 0.3\nflatten\nlayernorm\nlinear classes"), SHAPE, 3)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 6, 5, 4)).astype(np.uint8)
    labels = generator.integers(0, 3, 8).astype(np.int32)
    preprocess, weights = Preprocess((0.4,) * 4, (0.3,) * 4), first_weights(graph, 0)
    model = TorchModel(graph, Recipe(optimiser=SGD(rate=1)), preprocess, EngineSpec(device="cpu"))
    model.place(images, labels)
    order = np.arange(8, dtype=np.int32)[None]
    keys = {"dropout1": KEYS.numpy().view(np.uint32)[None]}
    plan = StepPlan(0, order, {}, np.ones((1, 1), np.float32), keys)
    moved = model.save(model.advance(model.start(weights), plan)[0])

    exact = {w.name: torch.tensor(weights[w.name]).double() for w in graph.weights}
    trainable = {w.name: exact[w.name].requires_grad_() for w in graph.weights if w.trainable}
    inputs = torch.tensor(preprocess.apply(images)).double()
    outputs = Forward(graph).train(inputs, exact, {"dropout1": KEYS})
    lower_loss(CrossEntropy())(outputs, torch.tensor(labels).long()).backward()
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


@pytest.mark.parametrize("text", ["maxpool 2", "maxpool 3 stride=2 pad=1,0,0,2", "maxpool 3 pad=1"])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_ties_in_max_pooling_go_to_the_first_in_row_major_order(text, layout):
    # CONTRACTS, "Engines": 8-bit pictures and ReLUs make ties all the time.
    graph = walk(parse(f"{text}\nflatten\nlinear classes"), (24, 9, 8), 3)
    (node, *_) = graph.nodes
    assert isinstance(node.layer, MaxPool)
    values = np.random.default_rng(0).integers(0, 2, (3, 24, 9, 8)).astype(np.float32)
    images = torch.tensor(values).contiguous(memory_format=layout).requires_grad_()
    pool = Forward(replace(graph, nodes=(node,)))
    pool.train(images, {}, {}).sum().backward()
    np.testing.assert_array_equal(images.grad.numpy(), first_of_ties(values, node.layer))
