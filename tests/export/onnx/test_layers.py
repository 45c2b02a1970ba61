"""Each layer in ONNX against the torch engine, on real images with weights drawn at random."""

import numpy as np
import pytest

from imagette.data.dataset import open_data
from imagette.data.preprocess import preprocess_of
from imagette.data.spec import DataSpec
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec
from imagette.export.onnx.layers import LOWERINGS
from imagette.export.onnx.model import DEFAULT_OPSET, OLDEST_OPSET, onnx_bytes
from imagette.export.onnx.runtime import runner
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build

ROWS = [
    "conv 5 3x2 stride=2x1 pad=1,0,2,1",
    "conv 5 3x3 pad=same stride=2",
    "conv 8 3x3 groups=2 bias=no",
    "conv 8 3x3 groups=channels dilation=2",
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


@pytest.fixture(scope="module")
def data():
    return open_data(DataSpec(limit=100))


def case(text, data):
    """A network of the language, its weights, and the torch engine's logits for real images."""
    graph = walk(parse(text), data.input_shape, len(data.class_names))
    rng = np.random.default_rng(1)
    weights = {
        name: value + rng.uniform(-0.2, 0.2, value.shape).astype(np.float32)
        if name.rpartition(".")[2] != "var"
        else value + rng.uniform(0.5, 1.5, value.shape).astype(np.float32)
        for name, value in first_weights(graph, seed=0).items()
    }
    preprocess = preprocess_of(DataSpec(), data.train)
    spec = EngineSpec(name="torch", device="cpu", threads=1)
    images = data.train.images[:9]
    logits = build(graph, Recipe(), preprocess, spec).predict(weights, images, 9)
    return graph, weights, preprocess, images, logits


@pytest.mark.parametrize("text", TEXTS)
def test_a_layer_computes_in_onnx_what_it_computes_in_torch(text, data):  # 004-34, 004-40
    graph, weights, preprocess, images, logits = case(text, data)
    for opset in (OLDEST_OPSET, DEFAULT_OPSET, 21):
        found = runner(onnx_bytes(graph, weights, preprocess, opset))(images)
        assert found.dtype == np.float32
        assert np.abs(found - logits).max() < 1e-5 * max(1, np.abs(logits).max())


def test_every_lowered_layer_has_a_row_here():
    joins = {"add": "residual", "concatenate": "branches", "multiply": "gate"}
    words = [layer.word for layer in LOWERINGS]
    assert [word for word in words if joins.get(word, word) not in " ".join(TEXTS)] == []


def test_every_word_of_the_language_is_lowered():  # 004-40
    from imagette.network.layers import WORDS, Container

    simple = {kind for kind in WORDS.values() if not issubclass(kind, Container)}
    joins = {type(kind.join) for kind in WORDS.values() if issubclass(kind, Container)}
    assert simple | joins == set(LOWERINGS)
