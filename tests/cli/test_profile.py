"""`imagette profile`, as its user sees it."""

import json

import pytest

from imagette.cli import main as cli

SHORT = ["--seconds", "0.1", "--threads", "1"]


def test_it_says_what_is_fast_and_where_the_time_goes_in_80_columns(capsys):
    words = ["resnet20", "--batch", "2", "--precision", "bfloat16", *SHORT]
    assert cli.main(["profile", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert heads == [
        *("profile", "engine", "peak", "training", "inference", "step", "kinds", "method")
    ]
    assert max(map(len, lines)) <= 80
    nodes = [line.split()[1] for line in lines if line.startswith("  F")]
    assert nodes[0] == "conv1"
    assert nodes[-1] == "linear1"
    assert len(nodes) == 72
    (rest,) = (line for line in lines if "optimiser" in line)
    shares = [float(line.split(" %")[0].split()[-1]) for line in lines if line.startswith("  F")]
    assert sum(shares) + float(rest.split()[-2]) == pytest.approx(100, abs=4)  # rounded
    told = " ".join(lines[lines.index(next(x for x in lines if x.startswith("kinds"))) :])
    kinds = told.removeprefix("kinds").partition("method")[0].split(",")
    assert {kind.split()[0] for kind in kinds} == {
        *("conv", "batchnorm", "relu", "add", "mean", "linear"),
    }
    assert sum(float(kind.split()[-2]) for kind in kinds) == pytest.approx(sum(shares), abs=4)


@pytest.mark.parametrize(("columns", "whole"), [(80, False), (120, True)])
def test_a_wider_terminal_shows_whole_paths(columns, whole, tmp_path, capsys, monkeypatch):
    name = "the_convolution_that_sees_the_pictures"
    path = tmp_path / "small.txt"
    path.write_text(f"conv 4 3x3 name={name}\nrelu\nmean\nlinear classes\n")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert cli.main(["profile", str(path), "--input", "1x8x8", "--batch", "4", *SHORT]) == 0
    said = capsys.readouterr().out
    assert (name in said) == whole
    assert max(map(len, said.splitlines())) <= columns


def test_it_prints_values(capsys):
    assert cli.main(["profile", "lenet_cifar", "--batch", "4", "--json", *SHORT]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["network"], values["batch"], values["parameters"]) == ("lenet_cifar", 4, 62_006)
    assert values["training"].keys() == {"images_per_second", "gflops", "share"}
    assert values["nodes"][0]["path"] == "conv1"


def test_a_file_and_another_engine_will_do(tmp_path, capsys):
    path = tmp_path / "small.txt"
    path.write_text("conv 4 3x3\nrelu\nmean\nlinear classes\n")
    words = [str(path), "--input", "1x8x8", "--engine", "jax", "--batch", "4", "--seconds", "0.1"]
    assert cli.main(["profile", *words]) == 0
    said = capsys.readouterr().out
    assert "nodes      not told apart: this engine runs a step as one program" in said


def test_what_jax_leaves_by_rule_is_told(capsys):
    words = ["lenet_cifar", "--engine", "jax", "--batch", "4", "--seconds", "0.1"]
    assert cli.main(["profile", *words, "--precision", "auto"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "decided    precision = float32: JAX trains in float32 alone" in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["resnet2"],
            "no file, network or experiment is called 'resnet2'. Did you mean 'resnet20'?",
        ),
        (["resnet20", "--batch", "0"], "Invalid value for '--batch'"),
        (
            ["resnet20", "--engine", "torhc"],
            "profile: 'name' must be 'torch' or 'jax'. Got 'torhc'.",
        ),
        (
            ["resnet20", "--threads", "0"],
            "profile: 'threads' must be greater than 0 or 'auto'. Got 0.",
        ),
        (["resnet20", "--precision", "half"], "profile: 'precision' must be 'float32'"),
        (["vgg8", "--batch", "1"], "batchnorm7 normalises over the batch, but one of 256 images"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(capsys, words, line):
    assert cli.main(["profile", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"imagette: error: {line}")
    assert said.err.count("\n") == 1


def test_code_of_ones_own_is_refused(tmp_path, capsys):
    (tmp_path / "own.py").write_text(
        "import torch\n\n\ndef make():\n"
        "    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))\n"
    )
    path = tmp_path / "own.toml"
    path.write_text('data = { name = "fashion-sample" }\nnetwork = { python = "own.py:make" }\n')
    assert cli.main(["profile", str(path)]) == 2
    said = capsys.readouterr().err
    assert "This command takes networks of the language. " in said
    assert said.endswith("own.toml' is other code, 'own.py:make': imagette describe shows it.\n")
