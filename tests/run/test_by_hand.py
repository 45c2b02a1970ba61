import json
from dataclasses import replace

import numpy as np
import pytest

from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.meanings import Foreign
from imagette.engines.protocol import EngineSpec
from imagette.errors import UsageError
from imagette.network import parse, walk
from imagette.network.layers import WORDS, Container
from imagette.recipe.recipe import Recipe
from imagette.run.by_hand import RULES, worked_out
from imagette.run.engine import build

NETWORK = """
conv 6 3x3 pad=1,0,2,1 stride=2x1
batchnorm
gelu
conv 8 3x3 pad=same dilation=2 groups=2
relu
maxpool 3 stride=2 pad=1
residual { conv 8 3x3 pad=same bias=no; silu }
branches { { conv 4 1x1 } { avgpool 3 stride=1 pad=1; tanh } }
layernorm
gate { mean; linear same; sigmoid }
scale initial=0.5
softmax
avgpool 2
dropout 0.3
branches { { max } { mean } }
linear 9
layernorm
linear classes
log_softmax
"""


def values(engine, network=NETWORK, input_shape=(3, 17, 14)):
    """The graph, all tensors of one random image, and weights that are no trivial numbers."""
    graph, rng = walk(parse(network), input_shape, 5), np.random.default_rng(0)
    weights = first_weights(graph, seed=1)
    weights |= {
        name: rng.uniform(0.5, 1.5, value.shape).astype(np.float32)
        for name, value in weights.items()
        if value.ndim == 1
    }
    channels, height, width = input_shape
    preprocess = Preprocess((0.5,) * channels, (0.25,) * channels)
    model = build(graph, Recipe(), preprocess, EngineSpec(name=engine, threads=1))
    images = rng.integers(0, 256, (1, height, width, channels), np.uint8)
    made = model.activations(weights, images, [node.path for node in graph.nodes])
    return (
        graph,
        [preprocess.apply(images)[0], *(made[node.path][0] for node in graph.nodes)],
        weights,
    )


def places(node, count=6):
    """Corners, where padding is, and others."""
    rng, last = np.random.default_rng(node.index), tuple(n - 1 for n in node.output_shape)
    drawn = [tuple(int(rng.integers(n)) for n in node.output_shape) for _ in range(count)]
    return [tuple(0 for _ in last), last, *drawn]


@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_what_is_worked_out_by_hand_is_what_the_engine_computes(engine):
    graph, tensors, weights = values(engine)
    for node in graph.nodes:
        inputs = [tensors[n] for n in node.inputs]
        for at in places(node):
            by_hand = worked_out(node, inputs, weights, at)
            assert by_hand.value == pytest.approx(tensors[node.index][at], rel=1e-4, abs=1e-5)


def test_every_layer_but_attention_has_its_rule():
    graph, _, _ = values("torch")
    missing = {kind.word for kind in WORDS.values() if not issubclass(kind, Container)}
    missing -= {kind.word for kind in RULES}
    assert missing == {"attention"}
    flattened = {"flatten"}  # is in the networks of the tests below
    assert {node.function for node in graph.nodes} | flattened == {kind.word for kind in RULES}


def test_a_convolution_shows_taps_padding_sum_and_bias():
    graph, tensors, weights = values("torch", "conv 2 3x3 pad=same\nflatten\nlinear classes")
    worked = worked_out(graph.nodes[0], tensors[:1], weights, (1, 0, 16 - 3))
    assert len(worked.taps) == 27
    assert [tap.read for tap in worked.taps[:4]] == ["padding"] * 3 + ["X0[0,0,12]"]
    assert worked.taps[0].value == 0
    assert worked.taps[4].weight_at == "conv1.weight[1,0,1,1]"
    assert worked.taps[4].weight == weights["conv1.weight"][1, 0, 1, 1]
    assert [step.words.split(" =")[0] for step in worked.steps] == [
        "sum of 27 products",
        "+ conv1.bias[1]",
    ]
    total = sum(tap.value * tap.weight for tap in worked.taps)
    assert worked.value == pytest.approx(total + float(weights["conv1.bias"][1]))


def test_the_padding_of_a_maximum_is_no_number_in_json():
    graph, tensors, weights = values("torch", "maxpool 3 stride=2 pad=1\nflatten\nlinear classes")
    worked = worked_out(graph.nodes[0], tensors[:1], weights, (0, 0, 0))
    taps = json.loads(json.dumps(worked.as_json(), allow_nan=False))["taps"]
    assert [tap["value"] for tap in taps[:4]] == [None] * 4


def test_flatten_says_which_pixel_it_reads():
    graph, tensors, weights = values("torch", "flatten\nlinear classes")
    worked = worked_out(graph.nodes[0], tensors[:1], weights, (17 * 14 + 14 + 3,))
    assert [tap.read for tap in worked.taps] == ["X0[1,1,3]"]


@pytest.mark.parametrize("at", [(6, 0, 0), (0, -1, 0), (0, 0), (0, 0, 14, 0)])
def test_a_place_outside_is_refused_with_the_ranges(at):
    graph, tensors, weights = values("torch")
    node = graph.nodes[0]
    ranges = "channel 0 to 5, row 0 to 7, column 0 to 14"
    with pytest.raises(UsageError, match=rf"output of conv1, 6x8x15: {ranges}\. Got "):
        worked_out(node, [tensors[0]], weights, at)


def test_code_of_another_library_is_refused():
    graph, tensors, weights = values("torch")
    node = replace(graph.nodes[0], layer=Foreign())
    with pytest.raises(UsageError, match="conv1 is code of another library: by hand only layers"):
        worked_out(node, tensors[:1], weights, (0, 0, 0))


def test_attention_is_refused_and_what_is_not_is_said():
    graph, tensors, weights = values(
        "torch", "conv 4 3x3\nattention\nflatten\nlinear classes", (1, 6, 6)
    )
    with pytest.raises(UsageError, match=r"attention1 \(attention\) is not worked out by hand"):
        worked_out(graph.nodes[1], tensors[1:2], weights, (0, 0, 0))
