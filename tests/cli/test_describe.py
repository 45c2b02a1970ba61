"""`imagette describe`, as its user sees it."""

import io
import json
import subprocess
import sys

import pytest
from rich.console import Console

from imagette.cli.main import main
from imagette.cli.networks import read_size
from imagette.cli.tables import network_table
from imagette.errors import UsageError
from imagette.network import cost_table, entry, named, names, parse, to_text, walk
from imagette.store.folder import RunFolder


def shown(name, width):
    """The table of a named network, on a terminal so wide."""
    console = Console(file=io.StringIO(), width=width)
    network_table(cost_table(walk(named(name), entry(name).input_shape)), console)
    return console.file.getvalue().splitlines()


def described(capsys, *words):
    assert main(["describe", *words]) == 0
    return capsys.readouterr().out


def refused(capsys, *words):
    assert main(["describe", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err.strip()


def test_every_function_tensor_and_weight_is_on_one_line_where_there_is_room():  # 001-04, 002-21
    lines = [" ".join(line.split()) for line in shown("lenet_cifar", 200)]
    assert lines[4:6] == [
        "F4 conv2 conv 16 5x5 X3 6x14x14 -> X4 16x10x10 16x6x5x5 + 16 2,416 240,000 240,000 0",
        "F5 relu2 relu X4 16x10x10 -> X5 16x10x10 none 0 0 0 1,600",  # 001-06
    ]
    assert lines[13] == "total 62,006 651,720 651,720 11,236"


def test_narrow_terminals_stack_the_same_figures():  # 001-05, 001-06, 001-07
    lines = [" ".join(line.split()) for line in shown("lenet_cifar", 80)]
    first = lines.index("F4 conv2 X3 6x14x14 16x6x5x5 2,416 240,000 mul")
    assert lines[first + 1] == "conv 16 5x5 X4 16x10x10 16 240,000 add"
    assert "11,236 max" in lines


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal_and_none_loses_a_figure(name, width):
    lines = shown(name, width)
    assert max(map(len, lines)) <= width
    table = cost_table(walk(named(name), entry(name).input_shape))
    for node in table.nodes:
        assert any(line.split()[:1] == [f"F{node.index}"] for line in lines)
    assert "…" not in "".join(lines)
    text = " ".join(lines)
    for figure in (table.parameters, table.cost.multiplications, table.cost.additions):
        assert f"{figure:,}" in text


def test_totals_backward_memory_and_the_convention_are_stated():  # 001-09
    assert shown("lenet_cifar", 80)[-7:] == [
        "parameters  62,006 trainable, 0 non-trainable",
        "forward     651,720 mul + 651,720 add + 11,236 max = 1,314,676",
        "backward    950,640 mul + 950,640 add + 0 max, not in the above",
        "memory      31,104 bytes of activations at the peak (inference, float32)",
        "",
        "Counted per image: taps include padding; a bias is 1 addition, ReLU 1 maximum,",
        "a pool of k is k - 1; backward: as much again per gradient of conv and linear.",
    ]


def test_other_kinds_are_shown_only_where_they_occur():
    assert "besides     6,508 transcendentals" in shown("lenet5", 200)
    assert "transcendentals" not in " ".join(shown("lenet_cifar", 200))
    assert "transcendentals" in shown("lenet5", 200)[0]


def test_json_is_the_cost_table_and_nothing_else(capsys):
    table = cost_table(walk(named("lenet_cifar"), (3, 32, 32)))
    assert json.loads(described(capsys, "lenet_cifar", "--json")) == table.as_json()


@pytest.mark.parametrize(  # 004-T1
    "size",
    [
        ["--input", "1x28x28"],
        ["--input", "28x28"],
        ["--input", "1 1 28 28"],
        ["--input", "1", "1", "28", "28"],
        ["--input", "(1, 1, 28, 28)"],
        ["--input=64x1x28x28"],
        ["--input", "1,28,28"],
        [],
    ],
)
def test_the_size_of_the_pictures_can_be_said_in_many_ways(capsys, size):
    expected = cost_table(walk(named("lenet5"), (1, 28, 28))).as_json()
    assert json.loads(described(capsys, "lenet5", *size, "--json")) == expected
    assert json.loads(described(capsys, *size, "lenet5", "--json")) == expected


@pytest.mark.parametrize("size", ["28", "1x2x3x4x5", "1x-28x28", "axbxc", "28x", "1.5x2x2"])
def test_another_size_is_refused(size):
    with pytest.raises(UsageError) as caught:
        read_size(size)
    assert str(caught.value) == f"--input must be 1x28x28, 28x28 or '1 1 28 28'. Got {size!r}"


def test_arguments_width_and_classes_change_the_network(capsys):  # 001-19, 001-21
    def parameters(*words):
        return json.loads(described(capsys, *words, "--json"))["parameters"]

    assert parameters("lenet_cifar", "--width", "2") == 244_962
    assert parameters("lenet_cifar", "--set", "factored=true") == 62_832
    assert parameters("lenet_cifar", "--set", "conv1=12", "--set", "conv2=32") == 117_678
    assert parameters("vgg8", "--set", "dropout=increasing") == 551_722
    assert parameters("softmax", "--classes", "100") == 78_500


def test_a_text_is_described_from_a_file_and_from_the_standard_input(capsys, tmp_path, monkeypatch):
    text = to_text(named("lenet_cifar"))
    path = tmp_path / "mine.txt"
    path.write_text(text)
    wide = json.loads(described(capsys, str(path), "--input", "3x32x32", "--width", "2", "--json"))
    assert wide["parameters"] == 244_962
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    piped = json.loads(described(capsys, "-", "--input", "3x32x32", "--json"))
    assert piped["parameters"] == 62_006


def test_a_name_that_is_a_path_wins(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "softmax").write_text("mean; linear classes")
    assert (
        json.loads(described(capsys, "softmax", "--input", "3x8x8", "--json"))["parameters"] == 40
    )


def test_mistakes_get_one_line_and_exit_code_2(capsys, tmp_path):
    assert refused(capsys, "lenet_cifr").startswith(
        "imagette: error: no file, network or experiment is called 'lenet_cifr'. "
        "Did you mean 'lenet_cifar'? Choices: "
    )
    assert refused(capsys, "lenet5", "resnet8") == (
        "imagette: error: describe takes one network. Got lenet5, resnet8; "
        "e.g. imagette describe lenet5"
    )
    assert refused(capsys, "lenet5", "--set", "conv1") == (
        "imagette: error: --set takes key=value. Got 'conv1'; e.g. --set conv1=12"
    )
    path = tmp_path / "mine.txt"
    path.write_bytes(b"flatten\nlinear 3\n")
    assert refused(capsys, str(path), "--input", "2x2") == (
        "imagette: error: line 2, 'linear 3', given 4: the network ends in 3, not in one number "
        "for each of 10 classes; end it with linear classes"
    )
    assert refused(capsys, str(path)).endswith("add --input 3x32x32")
    assert "edit it instead" in refused(capsys, str(path), "--set", "a=1")
    path.write_bytes(b"\xff\xfe\x00")
    assert "is no text file of a network: 'utf-8' codec can't decode" in refused(capsys, str(path))
    assert "is not a run" in refused(capsys, str(tmp_path))


def test_it_loads_no_framework():
    code = (
        "import sys; from imagette.cli.main import main; main(['describe', 'resnet20']); "
        "heavy = {'torch', 'jax', 'numpy', 'matplotlib', 'PIL', 'polars'}; "
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "272,474" in done.stdout


def test_the_example_of_its_help_works(capsys):
    example = "lenet_cifar --input 3x32x32 --set conv1=12"
    assert f"imagette describe {example}" in " ".join(described(capsys, "--help").split())
    assert "F12" in described(capsys, *example.split())


def test_an_experiment_is_described_over_its_own_pictures(capsys):
    found = json.loads(described(capsys, "first_light", "--json"))
    assert found["parameters"] == 5994
    assert found["nodes"][0]["input_shapes"] == [[1, 28, 28]]


def test_a_run_is_described_from_its_folder(capsys, tmp_path):
    text = "mean\nlinear classes\n"
    table = cost_table(walk(parse(text), (3, 8, 8), 4))
    folder = RunFolder.create(tmp_path, "t", None, {}, text, table.as_json(), {})
    assert json.loads(described(capsys, str(folder.path), "--json")) == table.as_json()


def test_an_experiment_that_leaves_its_precision_open_is_described(capsys):
    auto = ["--set", "engine.precision=auto", "--set", "engine.threads=auto"]
    assert "5,994" in described(capsys, "first_light", *auto)


def test_the_table_comes_as_latex_too(capsys):  # 001-06
    out = described(capsys, "lenet_cifar", "--latex")
    assert out.count("\n$F_{") == 12
    assert "give one of them" in refused(capsys, "lenet_cifar", "--latex", "--json")
