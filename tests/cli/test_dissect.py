"""`imagette dissect`, as its user sees it."""

import json

import pytest

from imagette.cli import main as cli

BY_HAND = ["--layer", "conv1", "--at", "5,0,27"]


def test_a_named_network_is_dissected_in_80_columns(capsys):
    assert cli.main(["dissect", "lenet_cifar", "--image", "7", *BY_HAND]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "note     first weights of seed 0: nothing is trained"
    assert lines[1].startswith("image    7 of the 1,000 validation images of fashion-sample")
    table = [line for line in lines if line.startswith("X")]
    assert [line.split()[0] for line in table] == [f"X{n}" for n in range(13)]
    assert "6x28x28" in table[1]
    assert max(map(len, table)) <= 80
    taps = [line for line in lines if "conv1.weight[5," in line]
    assert len(taps) == 30  # of 75: a hint says where the others are
    assert any("... and 45 more" in line for line in lines)
    *_, summed, bias, engine = lines
    assert summed.split()[:4] == ["sum", "of", "75", "products"]
    assert bias.split()[1] == "conv1.bias[5]"
    assert float(bias.split()[-1]) == pytest.approx(float(engine.split()[3]), rel=1e-4)


def test_json_holds_every_value(capsys):
    assert cli.main(["dissect", "lenet_cifar", "--json", *BY_HAND]) == 0
    found = json.loads(capsys.readouterr().out)
    first = found["tensors"][1]
    assert first["shape"] == [6, 28, 28]
    flat = [v for channel in first["values"] for row in channel for v in row]
    assert (len(flat), max(flat)) == (6 * 28 * 28, first["maximum"])
    assert len(found["by_hand"]["taps"]) == 75
    assert found["by_hand"]["engine"] == first["values"][5][0][27]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--image", "1000"], "--image must be 0 to 999 of the 1,000 validation images"),
        (["--layer", "conv3"], "No layer is called 'conv3'. Did you mean 'conv2'?"),
        (["--layer", "conv1", "--at", "0,0,28"], "row 0 to 27, column 0 to 27. Got 0,0,28."),
        (["--layer", "conv1", "--at", "middle"], "--at must be whole numbers such as 0,12,12."),
        (["--at", "0,0,0"], "--at is a place in the output of --layer: give that too."),
        (["--split", "test", "--open-test"], "--split, --open-test and --weights are of a run"),
        (["--engine", "tensorflow"], "No engine is called 'tensorflow'."),
    ],
)
def test_a_mistake_is_one_line(capsys, words, line):
    assert cli.main(["dissect", "lenet_cifar", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert line in said.err
    assert said.err.count("\n") == 1
