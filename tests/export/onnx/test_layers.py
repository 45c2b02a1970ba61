"""Each layer in ONNX against the torch engine, on real images with weights drawn at random."""

import numpy as np

from imagette.export.onnx.layers import LOWERINGS
from imagette.export.onnx.model import DEFAULT_OPSET, OLDEST_OPSET, onnx_bytes
from imagette.export.onnx.runtime import open_session, runner


def test_a_layer_computes_in_onnx_what_it_computes_in_torch(layer_case):  # 004-34, 004-40
    graph, weights, preprocess, images, logits = layer_case
    for opset in (OLDEST_OPSET, DEFAULT_OPSET, 21):
        found = runner(open_session(onnx_bytes(graph, weights, preprocess, opset)))(images)
        assert found.dtype == np.float32
        assert np.abs(found - logits).max() < 1e-5 * max(1, np.abs(logits).max())


def test_every_lowered_layer_has_a_row_here(layer_texts):
    joins = {"add": "residual", "concatenate": "branches", "multiply": "gate"}
    words = [layer.word for layer in LOWERINGS]
    assert [word for word in words if joins.get(word, word) not in " ".join(layer_texts)] == []


def test_every_word_of_the_language_is_lowered():  # 004-40
    from imagette.network.layers import WORDS, Container

    simple = {kind for kind in WORDS.values() if not issubclass(kind, Container)}
    joins = {type(kind.join) for kind in WORDS.values() if issubclass(kind, Container)}
    assert simple | joins == set(LOWERINGS)
