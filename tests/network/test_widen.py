"""Wider networks stay consistent by themselves."""

import pytest
from hypothesis import given, strategies as st

from imagette.network import Conv, Linear, NetworkError, entry, named, names, parse, walk, widen


def widths(network):
    return [
        layer.channels if isinstance(layer, Conv) else layer.features
        for layer in network
        if isinstance(layer, Conv | Linear)
    ]


def test_hidden_layers_double_and_classes_stay():  # 001-21
    assert widths(widen(named("lenet_cifar"), 2)) == [12, 32, 240, 168, "classes"]
    assert widths(widen(named("lenet_cifar"), 0.5)) == [3, 8, 60, 42, "classes"]
    assert widths(widen(named("lenet_cifar"), 1e-9)) == [1, 1, 1, 1, "classes"]


@pytest.mark.parametrize("name", names())
@given(factor=st.floats(0.05, 3))
def test_every_named_network_can_be_widened(name, factor):  # 001-20
    graph = walk(named(name, width=factor), entry(name).input_shape)
    assert graph.nodes[-1].output_shape == (10,)


def test_depthwise_convolutions_stay_depthwise():
    network = parse("conv 8 1x1; conv 8 3x3 groups=8; conv 16 3x3 groups=8; mean; linear classes")
    layers = widen(network, 1.5).layers
    assert [(layer.channels, layer.groups) for layer in layers[:3]] == [(12, 1), (12, 12), (24, 12)]
    first = widen(parse("conv 6 3x3 groups=3; mean; linear classes"), 1.4)
    assert first.layers[0] == parse("conv 9 3x3 groups=3").layers[0]
    walk(first, (3, 8, 8))


def test_words_for_sizes_widen_with_what_they_stand_for():
    text = """
        conv 8 3x3
        gate { mean; linear 4; relu; linear same; sigmoid }
        residual { conv same 3x3 pad=same groups=channels; conv 12 1x1; conv same 1x1 }
        conv 16 3x3 groups=channels
        scale; attention heads=2; max
        linear classes
    """
    for factor, channels, last in ((1.5, 12, 24), (2, 16, 32), (0.3, 2, 4)):
        wider = widen(parse(text), factor)
        shapes = {node.path: node.output_shape for node in walk(wider, (3, 8, 8)).nodes}
        assert shapes["gate1.multiply"] == shapes["residual1.add"] == (channels, 6, 6)
        assert shapes["max1"] == (last,)
        assert wider.layers[2].body[0] == parse(text).layers[2].body[0]


@pytest.mark.parametrize(
    "text",
    [
        "gate { mean; linear 7; relu; linear 3; sigmoid }",
        "gate { conv 7 1x1; conv same 1x1 }",
        "conv 9 1x1; gate { mean; linear 7; relu; linear 9 }",
        "residual { conv 7 1x1; conv same 1x1 }",
        "residual { gate { mean; linear same }; conv 7 1x1; conv 3 1x1 }",
        "residual { conv same 1x1 } { conv same 1x1 }",
        "residual { conv 3 3x3 pad=same }",
        "residual { conv 7 1x1; relu; conv 3 1x1; batchnorm }",
        "residual { conv 7 1x1; residual { conv 9 1x1; conv 7 1x1 }; conv 3 1x1 }",
        "residual { conv 3 1x1; residual { conv 9 1x1; conv 3 1x1 } }",
        "residual { conv 3 1x1; maxpool 2 } { avgpool 2 }",
        "residual { maxpool 2 } { conv 3 2x2 stride=2 }",
        "residual { branches { { conv 1 1x1 } { conv 2 1x1 } } }",
        "residual { relu }; residual { conv 3 1x1 }; conv 5 1x1; residual { conv 5 1x1 }",
        "flatten; linear 12; residual { linear 40; relu; linear 12 }",
        "conv 4 1x1; flatten; residual { linear 7; linear 64 }",
        "conv 4 1x1; branches { { conv 2 1x1 } {} }; residual { conv 3 1x1; conv 6 1x1 }",
    ],
)
@pytest.mark.parametrize("factor", [2, 3])
def test_both_ends_of_a_residual_stay_equal(text, factor):
    tail = "linear classes" if "flatten" in text else "mean; linear classes"
    network = parse(f"{text}; {tail}")
    before, after = walk(network, (3, 4, 4)), walk(widen(network, factor), (3, 4, 4))
    assert after.parameters > before.parameters or "conv 7" not in text


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf"), "2", None])
def test_a_factor_is_above_zero(factor):
    with pytest.raises(NetworkError, match=r"^width must be a number above 0\. Got "):
        widen(named("softmax"), factor)


def test_a_layer_that_must_have_a_fixed_width_says_the_word_for_it():
    with pytest.raises(NetworkError, match=r"end it with linear classes$"):
        walk(widen(parse("flatten; linear 10"), 2), (1, 4, 4))
