"""Whole networks as ONNX files: every one of the catalogue, at any batch, in one file."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec
from imagette.errors import ExportError, UsageError
from imagette.export.onnx.model import checked_opset, onnx_bytes, opset_of
from imagette.export.onnx.runtime import open_session, runner
from imagette.network import named, names, parse, walk
from imagette.network.layer import Layer
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build

PREPROCESS = Preprocess((0.4,) * 3, (0.2,) * 3)
IMAGES = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3)).astype(np.uint8)


@pytest.mark.parametrize("name", names())
def test_a_named_network_is_written_as_it_is_computed(name):  # 004-34, 004-39
    graph = walk(named(name), (3, 32, 32), classes=10)
    weights = first_weights(graph, seed=0)
    engine = build(graph, Recipe(), PREPROCESS, EngineSpec(name="torch", device="cpu", threads=1))
    logits = engine.predict(weights, IMAGES, 7)
    run = runner(open_session(onnx_bytes(graph, weights, PREPROCESS)))
    for batch in (1, 2, 7):
        found = np.concatenate([run(IMAGES[i : i + batch]) for i in range(0, 7, batch)])
        assert np.abs(found - logits).max() < 1e-5 * max(1, np.abs(logits).max())


@pytest.fixture(scope="module")
def softmax():
    graph = walk(named("softmax"), (3, 32, 32), classes=10)
    return graph, first_weights(graph, seed=0)


def test_everything_lies_in_one_file_under_the_run_s_own_names(softmax):
    import onnx

    model = onnx.load_from_string(onnx_bytes(*softmax, PREPROCESS))
    assert {one.name for one in model.graph.initializer} == {
        "linear1.weight",
        "linear1.bias",
        "/preprocess.scale",
        "/preprocess.shift",
    }
    assert not any(one.external_data for one in model.graph.initializer)


@pytest.mark.parametrize("opset", [13, 17, 18, 21])
def test_the_opset_is_the_one_that_was_asked_for(softmax, opset):
    assert opset_of(onnx_bytes(*softmax, PREPROCESS, opset)) == opset


@pytest.mark.parametrize("opset", [-1, 0, 12, 999])
def test_an_opset_that_will_not_do_is_refused(opset):
    with pytest.raises(UsageError, match=rf"^--opset must be from 13 .* Got {opset}: leave it out"):
        checked_opset(opset)


@dataclass(frozen=True)
class Strange(Layer):
    word = "strange"


def test_layers_without_a_form_are_all_named(softmax):  # 004-40
    graph, weights = softmax
    nodes = [replace(node, layer=Strange(), function="strange") for node in graph.nodes]
    with pytest.raises(ExportError, match=r"flatten1 \(strange\), linear1 \(strange\)"):
        onnx_bytes(replace(graph, nodes=tuple(nodes)), weights, PREPROCESS)


@pytest.mark.parametrize("name", ["preprocess", "image", "logits"])
def test_a_layer_may_be_called_what_our_own_tensors_are(name):
    graph = walk(parse(f"attention heads=2 name={name}; flatten; linear classes"), (2, 4, 4), 3)
    weights, preprocess = first_weights(graph, seed=0), Preprocess((0.4, 0.5), (0.2, 0.1))
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 2)).astype(np.uint8)
    engine = build(graph, Recipe(), preprocess, EngineSpec(name="torch", device="cpu", threads=1))
    found = runner(open_session(onnx_bytes(graph, weights, preprocess)))(images)
    np.testing.assert_allclose(found, engine.predict(weights, images, 3), atol=1e-5)
