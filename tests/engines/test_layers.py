"""Each layer on each engine against a definition written out in NumPy, in evaluation mode."""

from itertools import product
from math import erf

import numpy as np
import pytest
import torch

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build

SHAPE = (4, 7, 6)  # C, H, W
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 7, 6, 4)).astype(np.uint8)


def padded(x, margins, fill):
    top, bottom, left, right = margins
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)


def windows(x, kernel, stride=(1, 1), dilation=(1, 1)):
    """(row, column, patch [N,C,kh,kw]) of every window."""
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    rows = range(0, x.shape[2] - spans[0] + 1, stride[0])
    columns = range(0, x.shape[3] - spans[1] + 1, stride[1])
    for (i, top), (j, left) in product(enumerate(rows), enumerate(columns)):
        area = x[:, :, top : top + spans[0], left : left + spans[1]]
        yield i, j, area[:, :, :: dilation[0], :: dilation[1]]


def pooled(x, kernel, stride, margins, reduce, fill):
    found = {(i, j): reduce(p) for i, j, p in windows(padded(x, margins, fill), kernel, stride)}
    rows, columns = (max(ij[axis] for ij in found) + 1 for axis in (0, 1))
    return np.array([[found[i, j] for j in range(columns)] for i in range(rows)]).transpose(
        2, 3, 0, 1
    )


def convolved(x, w, margins, stride=(1, 1), dilation=(1, 1), groups=1):
    parts = []
    for group in range(groups):
        own = np.array_split(x, groups, axis=1)[group]
        kernels = np.array_split(w["weight"], groups)[group]
        found = {
            (i, j): np.einsum("nchw,ochw->no", patch, kernels)
            for i, j, patch in windows(padded(own, margins, 0), kernels.shape[2:], stride, dilation)
        }
        rows, columns = (max(ij[axis] for ij in found) + 1 for axis in (0, 1))
        grid = [[found[i, j] for j in range(columns)] for i in range(rows)]
        parts.append(np.array(grid).transpose(2, 3, 0, 1))
    return np.concatenate(parts, 1) + w.get("bias", np.zeros(1))[:, None, None]


def batch_normed(x, w, epsilon):
    by_channel = [w[name][:, None, None] for name in ("mean", "var", "weight", "bias")]
    mean, var, weight, bias = by_channel
    return (x - mean) / np.sqrt(var + epsilon) * weight + bias


def layer_normed(x, w, epsilon):
    centred = x - x.mean(1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + epsilon)
    return scaled * w["weight"][:, None, None] + w["bias"][:, None, None]


def log_softmax(x):
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def softmaxed(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def attended(x, w, heads):
    """By torch's own module, whose weights are these under other names."""
    module = torch.nn.MultiheadAttention(x.shape[1], heads, batch_first=True).double()
    names = {"in_proj_": "qkv_", "out_proj.": "out_"}
    own = {
        f"{theirs}{kind}": torch.from_numpy(w[f"{ours}{kind}"]).double()
        for theirs, ours in names.items()
        for kind in ("weight", "bias")
    }
    module.load_state_dict(own)
    pixels = torch.from_numpy(x).flatten(2).transpose(1, 2)
    made, _ = module(pixels, pixels, pixels)
    return made.transpose(1, 2).reshape(x.shape).detach().numpy()


def attended_plainly(x, w):
    """One head without biases, pixel by pixel."""
    pixels = x.reshape(*x.shape[:2], -1).transpose(0, 2, 1)
    q, k, v = np.split(pixels @ w["qkv_weight"].T, 3, axis=2)
    scores = np.einsum("nqc,nkc->nqk", q, k) / 2  # the root of 4 channels
    return (softmaxed(scores) @ v @ w["out_weight"].T).transpose(0, 2, 1).reshape(x.shape)


def squeezed(x, w):
    """As https://arxiv.org/abs/1709.01507 has it."""
    hidden = np.maximum(x.mean((2, 3)) @ w["linear1.weight"].T + w["linear1.bias"], 0)
    factors = 1 / (1 + np.exp(-(hidden @ w["linear2.weight"].T + w["linear2.bias"])))
    return x * factors[:, :, None, None]


NONE = (0, 0, 0, 0)
ROWS = [
    ("conv 5 3x3", lambda x, w: convolved(x, w, NONE)),
    ("conv 5 3x2 stride=2x1 pad=1,0,2,1", lambda x, w: convolved(x, w, (1, 0, 2, 1), (2, 1))),
    ("conv 5 3x3 pad=same stride=2", lambda x, w: convolved(x, w, (1, 1, 1, 1), (2, 2))),
    ("conv 8 3x3 groups=2 bias=no", lambda x, w: convolved(x, w, NONE, groups=2)),
    ("conv 4 3x3 groups=4 pad=same", lambda x, w: convolved(x, w, (1, 1, 1, 1), groups=4)),
    ("conv 5 3x3 dilation=2", lambda x, w: convolved(x, w, NONE, dilation=(2, 2))),
    ("maxpool 2", lambda x, w: pooled(x, (2, 2), (2, 2), NONE, lambda p: p.max((2, 3)), -np.inf)),
    (
        "maxpool 3 stride=2 pad=1,0,0,2",
        lambda x, w: pooled(x, (3, 3), (2, 2), (1, 0, 0, 2), lambda p: p.max((2, 3)), -np.inf),
    ),
    ("avgpool 2", lambda x, w: pooled(x, (2, 2), (2, 2), NONE, lambda p: p.mean((2, 3)), 0)),
    (
        "avgpool 3 stride=2 pad=1",
        lambda x, w: pooled(x, (3, 3), (2, 2), (1,) * 4, lambda p: p.mean((2, 3)), 0),
    ),
    ("mean", lambda x, w: x.mean((2, 3))),
    ("max", lambda x, w: x.max((2, 3))),
    ("scale initial=0.3", lambda x, w: x * w["weight"][:, None, None]),
    ("attention heads=2", lambda x, w: attended(x, w, 2)),
    ("attention bias=no", attended_plainly),
    ("silu", lambda x, w: x / (1 + np.exp(-x))),
    (
        "conv 8 3x3 groups=channels dilation=2",
        lambda x, w: convolved(x, w, NONE, dilation=(2, 2), groups=4),
    ),
    ("batchnorm epsilon=0.01", lambda x, w: batch_normed(x, w, 0.01)),
    ("layernorm epsilon=0.001", lambda x, w: layer_normed(x, w, 0.001)),
    ("dropout 0.5", lambda x, w: x),
    ("relu", lambda x, w: np.maximum(x, 0)),
    ("gelu", lambda x, w: x * 0.5 * (1 + np.vectorize(erf)(x / np.sqrt(2)))),
    ("sigmoid", lambda x, w: 1 / (1 + np.exp(-x))),
    ("tanh", lambda x, w: np.tanh(x)),
    ("softmax", lambda x, w: np.exp(log_softmax(x))),
    ("log_softmax", lambda x, w: log_softmax(x)),
    ("flatten", lambda x, w: x.reshape(len(x), -1)),
]
CONTAINERS = [
    ("gate { mean; linear 3; relu; linear same; sigmoid }", squeezed),
    (
        "gate { conv same 1x1 name=c; tanh }",
        lambda x, w: x * np.tanh(convolved(x, w, NONE)),
    ),
    ("residual { conv 4 3x3 pad=same name=c }", lambda x, w: x + convolved(x, w, (1, 1, 1, 1))),
    (
        "branches { { conv 2 1x1 name=c } { } }",
        lambda x, w: np.concatenate([convolved(x, w, NONE), x], 1),
    ),
]


def output_of(engine, text):
    """The output of the first layer of a network, its weights, and what went in, [N,C,H,W]."""
    network = parse(
        f"{text}\nflatten\nlinear classes" if text != "flatten" else f"{text}\nlinear classes"
    )
    if text in ("mean", "max"):
        network = parse(f"{text}\nlinear classes")
    graph = walk(network, SHAPE, 3)
    weights = {
        name: value + np.random.default_rng(1).uniform(0.1, 0.2, value.shape).astype(np.float32)
        for name, value in first_weights(graph, seed=0).items()
    }
    preprocess = Preprocess((0.4,) * 4, (0.3,) * 4)
    spec = EngineSpec(name=engine, device="cpu", threads=1)
    model = build(graph, Recipe(), preprocess, spec)
    path = graph.nodes[-3 if text not in ("mean", "max", "flatten") else 0].path
    own = {
        name.removeprefix("gate1.") if "linear" in name else name.rpartition(".")[2]: value
        for name, value in weights.items()
        if not name.startswith("linear")
    }
    return model.activations(weights, IMAGES, [path])[path], own, preprocess.apply(IMAGES)


@pytest.mark.parametrize(
    ("text", "definition"), ROWS + CONTAINERS, ids=[text for text, _ in ROWS + CONTAINERS]
)
def test_a_layer_computes_its_definition(engine, text, definition):  # 002-26, 001-24, 001-25
    found, weights, x = output_of(engine, text)
    exact = definition(x.astype(np.float64), weights)
    error = np.abs(found - exact).max() / max(1e-3, np.abs(exact).max())
    assert found.dtype == np.float32
    assert error < 1e-5


def test_every_lowered_layer_has_a_row_here(engine, lowerings):
    texts = " ".join(text for text, _ in ROWS + CONTAINERS) + " linear"
    joins = {"add": "residual", "concatenate": "branches", "multiply": "gate"}
    words = [layer.word for layer in lowerings(engine, "layers", "LOWERINGS")]
    assert [word for word in words if joins.get(word, word) not in texts] == []
