"""`imagette activations`, as its user sees it."""

import json

import numpy as np
import pytest
from PIL import Image

from imagette.cli import main as cli
from imagette.experiment import Experiment
from imagette.run.train import train_experiment


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    experiment = Experiment(
        data={"limit": 100},
        network={"text": "conv 2 5x5\nrelu\nflatten\nlinear classes"},
        recipe={"epochs": 1, "batch": 20},
        run={"folder": str(tmp_path_factory.mktemp("run"))},
    )
    return str(list(train_experiment(experiment))[-1].folder.path)


def test_a_figure_and_the_network_up_to_the_layer(run, tmp_path, capsys):  # 003-26, 003-27
    out = tmp_path / "a.png"
    words = ["activations", run, "--layer", "relu1", "--images", "4", "--out", str(out)]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "the network up to relu1:" in said
    assert "linear1" not in said
    assert said.endswith(f"figure   {out}\n")
    with Image.open(out) as picture:
        assert np.asarray(picture).std() > 20
    assert cli.main(words) == 2
    assert "a.png' exists: give --overwrite" in capsys.readouterr().err
    assert cli.main([*words, "--overwrite", "--saliency"]) == 0


def test_json_holds_the_masks(run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["activations", run, "--saliency", "--layer", "conv1", "--images", "2", "--json"]
    assert cli.main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert np.array(found["masks"]).shape == (2, 24, 24)
    assert np.array(found["saliency"]).shape == (2, 28, 28)
    assert found["network"]["parameters"] == 52
    assert (found["figure"], list(tmp_path.iterdir())) == (None, [])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--layer", "conv2"], "No layer is called 'conv2'. Did you mean 'conv1'?"),
        (["--split", "test"], "The test set is sealed"),
        (["--images", "0"], "Invalid value for '--images'"),
        (["--out", "nowhere/a.png"], "'nowhere' is not a folder: make it first"),
    ],
)
def test_a_mistake_is_one_line(run, capsys, words, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["activations", run, *words]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert said.err.count("\n") == 1
