"""Each layer in LiteRT against the torch engine, on real images with weights drawn at random."""

import numpy as np
import pytest

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec
from imagette.export.litert.flatbuffer import serialised
from imagette.export.litert.interpreter import ranges_of, runner
from imagette.export.litert.lower import LOWERINGS, lowered
from imagette.export.litert.portable import portable
from imagette.export.litert.quantise import quantised
from imagette.export.litert.simplify import simplified
from imagette.network import named, names, walk
from imagette.network.layers import WORDS, Container
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build


def test_a_layer_computes_in_litert_what_it_computes_in_torch(layer_case):  # 004-33, 004-40
    graph, weights, preprocess, images, logits = layer_case
    run = runner(serialised(simplified(lowered(graph, weights, preprocess)), "a layer"))
    for batch in (1, 2, 7):
        found = np.concatenate([run(images[i : i + batch]) for i in range(0, 9, batch)])
        assert found.dtype == np.float32
        assert np.abs(found - logits).max() < 1e-5 * max(1, np.abs(logits).max())


def test_a_layer_in_integers_stays_close(layer_case, sample):  # 004-33
    graph, weights, preprocess, images, logits = layer_case
    program = portable(simplified(lowered(graph, weights, preprocess)))
    computed = [op.output for op in program.ops]
    ranges = ranges_of(serialised(program, ""), computed, sample.train.images)
    run = runner(serialised(quantised(program, ranges).program, "in integers"))
    found = run(images)
    assert np.array_equal(np.concatenate([run(images[i : i + 1]) for i in range(9)]), found)
    assert np.abs(found - logits).max() < 0.1 * np.ptp(logits)


@pytest.mark.parametrize("name", names())
def test_a_named_network_is_written_as_it_is_computed(name):  # 004-33
    graph = walk(named(name), (3, 32, 32), classes=10)
    weights, preprocess = first_weights(graph, seed=0), Preprocess((0.4,) * 3, (0.2,) * 3)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
    run = runner(serialised(simplified(lowered(graph, weights, preprocess)), name))
    engine = build(graph, Recipe(), preprocess, EngineSpec(name="torch", device="cpu", threads=1))
    logits = engine.predict(weights, images, 2)
    assert np.abs(run(images) - logits).max() < 1e-5 * max(1, np.abs(logits).max())


def test_every_word_of_the_language_is_lowered():  # 004-40
    simple = {kind for kind in WORDS.values() if not issubclass(kind, Container)}
    joins = {type(kind.join) for kind in WORDS.values() if issubclass(kind, Container)}
    assert simple | joins == set(LOWERINGS)
