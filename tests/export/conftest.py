"""What the tests of formats share: a small trained run, its real images, and a case a layer."""

import numpy as np
import pytest

from imagette.data.dataset import open_data
from imagette.data.preprocess import preprocess_of
from imagette.data.spec import DataSpec
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build
from imagette.run.export import examples_of, trained_of
from imagette.run.ready import ready

ROWS = [
    "conv 5 3x2 stride=2x1 pad=1,0,2,1",
    "conv 5 3x3 pad=same stride=2",
    "conv 8 3x3 groups=2 bias=no",
    "conv 8 3x3 groups=channels dilation=2",
    "conv 4 3x3 dilation=2 pad=same",
    "conv 4 3x3 pad=same; relu; maxpool 3 stride=1 pad=same",
    "maxpool 2",
    "maxpool 3 stride=2 pad=1,0,0,2",
    "avgpool 2",
    "avgpool 3 stride=2 pad=1",
    "avgpool 3 stride=2 pad=2,0,1,0",
    "batchnorm epsilon=0.01",
    "layernorm epsilon=0.001",
    "scale initial=0.3",
    "attention heads=2",
    "attention bias=no",
    "dropout 0.5",
    "relu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "softmax",
    "log_softmax",
    "residual { conv 4 3x3 pad=same }",
    "residual { conv 6 1x1 } { conv 6 1x1 bias=no }",
    "branches { { conv 2 1x1 } { } }",
    "gate { mean; linear 3; relu; linear same; sigmoid }",
    "gate { conv same 1x1; tanh }",
]
ROWS_ON_FEATURES = [
    "mean",
    "max",
    "flatten",
    "mean; batchnorm",
    "mean; layernorm",
    "mean; scale initial=2",
    "mean; softmax",
    "mean; residual { linear same; silu }",
    "mean; gate { linear same; sigmoid }",
    "mean; branches { { linear 3 bias=no } { gelu } }",
    "mean; linear 5; log_softmax",
]
TEXTS = [
    *(f"conv 4 3x3 stride=2; {row}; flatten; linear classes" for row in ROWS),
    *(f"conv 4 3x3 stride=2; {row}; linear classes" for row in ROWS_ON_FEATURES),
]


@pytest.fixture(scope="session")
def opened(small_run):
    return ready(small_run)


@pytest.fixture(scope="session")
def trained(opened):
    return trained_of(opened)


@pytest.fixture(scope="session")
def examples(opened):
    return examples_of(opened, None)


@pytest.fixture(scope="session")
def layer_texts():
    return TEXTS


@pytest.fixture(scope="session")
def sample():
    return open_data(DataSpec(limit=100))


@pytest.fixture(scope="session", params=TEXTS)
def layer_case(request, sample):
    """A network of the language, its weights, and the torch engine's logits for real images."""
    graph = walk(parse(request.param), sample.input_shape, len(sample.class_names))
    rng = np.random.default_rng(1)
    weights = {
        name: value + rng.uniform(-0.2, 0.2, value.shape).astype(np.float32)
        if name.rpartition(".")[2] != "var"
        else value + rng.uniform(0.5, 1.5, value.shape).astype(np.float32)
        for name, value in first_weights(graph, seed=0).items()
    }
    preprocess = preprocess_of(DataSpec(), sample.train)
    spec = EngineSpec(name="torch", device="cpu", threads=1)
    images = sample.train.images[:9]
    logits = build(graph, Recipe(), preprocess, spec).predict(weights, images, 9)
    return graph, weights, preprocess, images, logits
