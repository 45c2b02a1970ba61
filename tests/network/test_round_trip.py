"""One network, four ways to write it; and readers that never break."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from imagette.network import (
    GELU,
    Attention,
    AvgPool,
    BatchNorm,
    Branches,
    Conv,
    Dropout,
    Flatten,
    Gate,
    LayerNorm,
    Linear,
    LogSoftmax,
    Max,
    MaxPool,
    Mean,
    Network,
    NetworkError,
    ReLU,
    Residual,
    Scale,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
    from_dicts,
    parse,
    to_dicts,
    to_text,
)
from imagette.network.layers import WORDS

sides = st.integers(1, 70)
pairs = st.tuples(sides, sides) | sides
widths = st.sampled_from(["classes", "same"]) | st.integers(1, 10**9)
groups = st.just("channels") | sides
paddings = st.just("same") | st.integers(0, 9) | st.tuples(*[st.integers(0, 9)] * 4)
own_names = st.just("") | st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,9}", fullmatch=True)
flags = st.booleans()
rates = st.floats(0, 1, exclude_max=True)
positive = st.floats(1e-12, 1e6)

simple = st.one_of(
    st.builds(Conv, widths, pairs, pairs, paddings, pairs, groups, flags, flags, name=own_names),
    st.builds(Linear, widths, flags, name=own_names),
    st.builds(MaxPool, pairs, pairs | st.none(), paddings, name=own_names),
    st.builds(AvgPool, pairs, pairs | st.none(), paddings, name=own_names),
    st.builds(BatchNorm, st.floats(0, 1), positive, name=own_names),
    st.builds(LayerNorm, positive, name=own_names),
    st.builds(Dropout, rates, name=own_names),
    st.builds(Scale, st.floats(-1e6, 1e6), flags, name=own_names),
    st.builds(Attention, sides, flags, name=own_names),
    *(
        st.builds(kind, name=own_names)
        for kind in (Mean, Max, ReLU, GELU, SiLU, Sigmoid, Tanh, Softmax, LogSoftmax, Flatten)
    ),
)


def containers(layers):
    block = st.lists(layers, max_size=3).map(tuple)
    some = st.lists(layers, min_size=1, max_size=3).map(tuple)
    several = st.lists(block, min_size=2, max_size=3).map(tuple)
    residuals = st.builds(Residual, some, block, name=own_names)
    gates = st.builds(Gate, some, name=own_names)
    return residuals | gates | st.builds(Branches, several, name=own_names)


layers = st.recursive(simple, containers, max_leaves=8)
networks = st.lists(layers, min_size=1, max_size=6).map(tuple).map(Network)


@given(networks)
def test_text_gives_the_network_back(network):
    assert parse(to_text(network)) == network


@given(networks)
def test_plain_dictionaries_give_the_network_back_through_json(network):  # 004-03
    assert from_dicts(json.loads(json.dumps(to_dicts(network)))) == network


@given(networks)
def test_text_on_one_line_is_the_same_network(network):
    joined = to_text(network).replace("\n", ";").replace("{;", "{").replace(";}", "}")
    assert parse(joined) == network


def test_python_text_and_dictionaries_are_one_network():  # 001-22, 001-25
    text = """
        # a comment
        conv 6 5x5 pad=same        # and another
        batchnorm; relu
        residual name=block {
          conv 6 3x3 pad=1 bias=no
          dropout 0.2
        } { conv 6 1x1 }
        branches { { } { maxpool 3 stride=1 pad=same; conv 2 1x1 } }
        avgpool 2

        flatten
        linear classes name=head
    """
    plain = [
        {"layer": "conv", "channels": 6, "kernel": 5, "pad": "same"},
        {"layer": "batchnorm"},
        {"layer": "relu"},
        {
            "layer": "residual",
            "body": [
                {"layer": "conv", "channels": 6, "kernel": "3x3", "pad": 1, "bias": False},
                {"layer": "dropout", "rate": 0.2},
            ],
            "shortcut": [{"layer": "conv", "channels": 6, "kernel": [1, 1]}],
            "name": "block",
        },
        {
            "layer": "branches",
            "branches": [
                [],
                [
                    {"layer": "maxpool", "kernel": 3, "stride": 1, "pad": "same"},
                    {"layer": "conv", "channels": 2, "kernel": 1},
                ],
            ],
        },
        {"layer": "avgpool", "kernel": 2},
        {"layer": "flatten"},
        {"layer": "linear", "features": "classes", "name": "head"},
    ]
    python = Sequential(
        *(Conv(6, 5, padding="same"), BatchNorm(), ReLU()),
        Residual((Conv(6, 3, padding=1, bias=False), Dropout(0.2)), (Conv(6, 1),), name="block"),
        Branches(((), (MaxPool(3, stride=1, padding="same"), Conv(2, 1)))),
        *(AvgPool(2), Flatten(), Linear("classes", name="head")),
    )
    assert parse(text) == python
    assert from_dicts(plain) == python
    assert parse(text.replace("\n", "\r\n")) == python
    assert parse(text.replace("} { conv", "}\n\n {\n conv")) == python


def test_text_is_short_where_values_are_the_defaults():
    network = Sequential(
        Conv(32, (3, 5), stride=2, padding="same", groups=4, bias=False, name="stem"),
        MaxPool(2, stride=2),
        MaxPool(3, stride=2, padding=(0, 1, 0, 1)),
        Residual((ReLU(),)),
    )
    assert to_text(network) == (
        "conv 32 3x5 stride=2 pad=same groups=4 bias=no name=stem\n"
        "maxpool 2\n"
        "maxpool 3 stride=2 pad=0,1,0,1\n"
        "residual {\n  relu\n}\n"
    )


def test_where_a_layer_was_written_is_not_part_of_its_value():
    assert parse("relu\nrelu").layers[0] == parse("relu\nrelu").layers[1]
    assert hash(parse("\n\nrelu")) == hash(parse("relu"))


def test_an_impossible_value_is_not_written():
    network = Sequential(Conv(6, 5), Dropout(1.5))
    with pytest.raises(NetworkError, match=r"^rate must be a number from 0 to below 1\. Got 1\.5$"):
        to_text(network)
    with pytest.raises(NetworkError, match=r"^rate must be"):
        to_dicts(network)


def readable(read, given_value):
    """Whether it is a network; any error but a NetworkError escapes."""
    try:
        network = read(given_value)
    except NetworkError:
        return False
    assert isinstance(network, Network)
    return True


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text):
    readable(parse, text)


signs = ["{", "}", ";", "\n", "#", "=", "residual {", "gate {", "branches { {"]
options = ["name=a", "pad=same", "stride=2", "pad=1,2", "groups="]
values = ["2", "3x3", "-1", "0", "1e999", "nan", "classes", "9" * 5000, "x"]
pieces = st.sampled_from([*WORDS, *signs, *options, *values])


@settings(max_examples=300)
@given(st.lists(pieces, max_size=40).map(" ".join))
def test_no_shuffled_words_break_the_parser(text):
    readable(parse, text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["layer", "body", "branches", "kernel", "name"]), inner)
        | st.builds(
            lambda word, rest: rest | {"layer": word},
            st.sampled_from([*WORDS]),
            st.dictionaries(st.sampled_from(["channels", "kernel", "body"]), inner),
        )
    ),
    max_leaves=8,
)


@given(anything | st.lists(anything, max_size=3))
def test_no_json_value_breaks_the_reader(value):
    readable(from_dicts, value)


@pytest.mark.parametrize("opening", ["residual {", "branches { {", "branches {", "{", "}"])
def test_absurd_nesting_is_refused_at_once(opening):
    assert not readable(parse, opening * 50_000)


def nested(innermost, outer, depth):
    for _ in range(depth):
        innermost = outer(innermost)
    return innermost


def test_absurd_nesting_of_dictionaries_and_of_python_is_refused():
    plain = nested({"layer": "relu"}, lambda inner: {"layer": "residual", "body": [inner]}, 900)
    with pytest.raises(NetworkError, match="containers nest more than 32 deep"):
        from_dicts([plain])
    with pytest.raises(NetworkError, match="containers nest more than 32 deep"):
        nested(ReLU(), lambda inner: Residual((inner,)), 33)
    deepest = Network((nested(ReLU(), lambda inner: Residual((inner,)), 32),))
    assert parse(to_text(deepest)) == deepest


def test_a_very_long_text_is_read_in_time():
    assert readable(parse, "relu # and so on\n" * 5_000)
    assert not readable(parse, "r" * 200_000)


def test_a_layer_can_be_replaced_in_part():  # 001-19
    assert replace(Conv(6, 5, stride=2), channels=12) == Conv(12, 5, stride=2)
