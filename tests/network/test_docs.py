"""What docs/network.md shows is true."""

import json
import re
from pathlib import Path

import pytest

from imagette.network import (
    NetworkError,
    cost_table,
    entry,
    from_dicts,
    named,
    names,
    parse,
    to_text,
    walk,
    widen,
)
from imagette.network.layers import WORDS

PAGE = (Path(__file__).parents[2] / "docs" / "network.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def block(language, start):
    return next(text for kind, text in BLOCKS if kind == language and text.startswith(start))


def test_the_first_example_is_lenet_cifar():
    assert parse(block("", "# the PyTorch")) == named("lenet_cifar")


def test_the_three_forms_are_one_network(capsys):
    exec(block("python", "from imagette"), {})
    *text, parameters = capsys.readouterr().out.splitlines()
    network = from_dicts(json.loads(block("json", "[")))
    assert parse("\n".join(text)) == network
    assert walk(network, (3, 32, 32)).parameters == int(parameters)


def test_the_blocks_can_be_walked():
    network = parse(block("", "residual {") + "mean\nlinear classes")
    outputs = {node.path: node.output_shape for node in walk(network, (3, 32, 32)).nodes}
    assert outputs["branches1.concatenate"] == (8 + 8 + 32, 16, 16)


def test_the_gated_mix_can_be_walked_and_widened():
    network = parse(block("", "conv 24") + "max; linear classes")
    for width, channels in ((1, 24), (2, 48)):
        nodes = walk(widen(network, width), (3, 32, 32)).nodes
        shapes = {node.path: node.output_shape for node in nodes}
        assert shapes["residual1.gate1.multiply"] == (3 * channels, 32, 32)
        assert shapes["residual1.add"] == (channels, 32, 32)


def test_the_operations_of_attention_are_as_told():
    t, c, h = 15, 8, 2
    node = walk(parse("attention heads=2; mean; linear classes"), (c, 3, 5)).nodes[0]
    softmax = h * t * (2 * t - 1)  # the subtraction, and the sum
    assert node.cost.multiplications == 4 * t * c**2 + t * c + 2 * t**2 * c
    additions = 4 * t * c**2 - h * t**2 - t * c + 2 * t**2 * c
    assert node.cost.additions == additions + softmax
    bare = walk(parse("attention heads=2 bias=no; mean; linear classes"), (c, 3, 5)).nodes[0]
    assert node.cost.additions - bare.cost.additions == 4 * t * c


def test_the_mistake_is_told_in_these_words():
    text = to_text(named("lenet_cifar")).replace("flatten\n", "")
    with pytest.raises(NetworkError) as caught:
        walk(parse(text), (3, 32, 32))
    assert str(caught.value) == block("", "line 7").strip()


def test_every_layer_and_every_named_network_is_told():
    for word in WORDS:
        assert re.search(rf"^\| .*`{word}[ `]", PAGE, flags=re.MULTILINE), word
    for name in names():
        row = re.search(rf"^\| `{name}` \|(.*)\| ([0-9,]+) \|$", PAGE, flags=re.MULTILINE)
        assert row, name
        table = cost_table(walk(named(name), entry(name).input_shape))
        assert row[2] == f"{table.parameters:,}"
        assert set(entry(name).arguments) <= set(re.findall(r"`(\w+)`", row[1]))
