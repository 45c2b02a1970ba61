"""Each layer in LiteRT against the torch engine, on real images with weights drawn at random."""

import numpy as np

from imagette.export.litert.flatbuffer import serialised
from imagette.export.litert.interpreter import ranges_of, runner
from imagette.export.litert.lower import LOWERINGS, lowered
from imagette.export.litert.quantise import quantised
from imagette.export.litert.simplify import simplified
from imagette.network.layers import WORDS, Container


def test_a_layer_computes_in_litert_what_it_computes_in_torch(layer_case):  # 004-33, 004-40
    graph, weights, preprocess, images, logits = layer_case
    run = runner(serialised(simplified(lowered(graph, weights, preprocess)), "a layer"))
    for batch in (1, 2, 7):
        found = np.concatenate([run(images[i : i + batch]) for i in range(0, 9, batch)])
        assert found.dtype == np.float32
        assert np.abs(found - logits).max() < 1e-5 * max(1, np.abs(logits).max())


def test_a_layer_in_integers_stays_close(layer_case, sample):  # 004-33
    graph, weights, preprocess, images, logits = layer_case
    program = simplified(lowered(graph, weights, preprocess))
    computed = [op.output for op in program.ops]
    ranges = ranges_of(serialised(program, ""), computed, sample.train.images)
    run = runner(serialised(quantised(program, ranges).program, "in integers"))
    found = run(images)
    assert np.array_equal(np.concatenate([run(images[i : i + 1]) for i in range(9)]), found)
    assert np.abs(found - logits).max() < 0.1 * np.ptp(logits)


def test_every_word_of_the_language_is_lowered():  # 004-40
    simple = {kind for kind in WORDS.values() if not issubclass(kind, Container)}
    joins = {type(kind.join) for kind in WORDS.values() if issubclass(kind, Container)}
    assert simple | joins == set(LOWERINGS)
