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
