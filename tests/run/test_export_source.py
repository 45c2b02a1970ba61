"""A real run as source: checked, run alone, read back, and trained again."""

import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location

import numpy as np
import pytest
import torch
from PIL import Image

from imagette.cli.main import main
from imagette.errors import ExportError
from imagette.export.exported import Exported, NotExported
from imagette.run.export import export_run, trained_of
from imagette.run.origin import Origin, read_origin
from imagette.run.ready import ready


@pytest.fixture(scope="module")
def folders(small_run, tmp_path_factory):
    """Where each framework's export went, once all have passed their check."""
    out = tmp_path_factory.mktemp("out")
    endings = list(export_run(small_run, ["torch", "jax"], out=out))
    assert all(isinstance(ended, Exported) and ended.passed for ended in endings)
    return {ended.format: ended.path for ended in endings}


@pytest.fixture(scope="module")
def trained(small_run):
    return trained_of(ready(small_run))


@pytest.fixture(scope="module")
def module(folders):
    """The file of PyTorch, as a module."""
    spec = spec_from_file_location("exported", folders["torch"] / "network.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_the_folder_holds_the_file_its_weights_and_a_certificate(folders, framework):
    # 004-35, 004-36, 004-38
    certificate = json.loads((folders[framework] / "certificate.json").read_text())
    assert certificate["file"] == "network.py"
    assert certificate["largest_difference"] <= certificate["tolerance"] == 1e-4
    assert certificate["accuracy_file"] == certificate["accuracy_engine"]
    assert certificate["weights"] == "network.safetensors"
    assert {"network.py", "network.safetensors", "resolved.json", "network.txt"} <= {
        path.name for path in folders[framework].iterdir()
    }


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_no_file_names_imagette(folders, framework):  # 004-44
    assert "imagette" not in (folders[framework] / "network.py").read_text()


def test_the_file_classifies_a_picture_and_trains_anew(folders, tmp_path):  # 004-44
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(tmp_path / "picture.png")
    draws = np.random.default_rng(0)
    images = draws.integers(0, 256, (40, 28, 28, 1)).astype(np.uint8)
    np.savez(tmp_path / "data.npz", images=images, labels=np.arange(40, dtype=np.uint8) % 10)
    for name in ("network.py", "network.safetensors"):
        (tmp_path / name).write_bytes((folders["torch"] / name).read_bytes())
    command = [sys.executable, "-I", "network.py"]

    def run(*words):
        done = subprocess.run(
            [*command, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert run("picture.png").startswith("picture.png: ")
    assert "epoch 1: mean loss" in run("--train", "data.npz")
    assert (tmp_path / "trained.safetensors").exists()


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_exported_weights_begin_a_training(folders, framework, trained):  # 004-09
    read = read_origin(Origin(folders[framework] / "network.safetensors")).weights(trained.graph)
    assert read.keys() == trained.weights.keys()
    for name, value in trained.weights.items():
        np.testing.assert_array_equal(read[name], value)


def test_a_state_dict_of_the_exported_module_does_too(module, trained, tmp_path):  # 004-09
    torch.save(module.load_weights().state_dict(), tmp_path / "state.pt")
    read = read_origin(Origin(tmp_path / "state.pt")).weights(trained.graph)
    for name, value in trained.weights.items():
        np.testing.assert_array_equal(read[name], value)


def test_given_back_as_code_of_one_s_own_it_counts_the_same(folders, small_run, capsys):
    # 001-40, 004-16
    experiment = folders["torch"] / "back.toml"
    experiment.write_text('[network]\npython = "network.py:Network"\n')
    assert main(["describe", str(experiment), "--json"]) == 0
    back = json.loads(capsys.readouterr().out)
    cost = json.loads((small_run / "cost.json").read_text())
    assert back["parameters"] == cost["parameters"]
    assert back["cost"]["multiplications"] == cost["cost"]["multiplications"]


def test_a_file_that_does_not_run_says_why(trained, monkeypatch):
    from imagette.export.source.worker import Worker

    files = {"network.py": b"raise ValueError('no such thing')", "network.safetensors": b""}
    with pytest.raises(ExportError, match=r"does not run: ValueError: no such thing"):
        Worker(files, ("imagette",))(np.zeros((1, 28, 28, 1), np.uint8))


def test_a_file_that_asks_for_imagette_is_found_out():
    from imagette.export.source.worker import Worker

    files = {"network.py": b"import imagette", "network.safetensors": b""}
    with pytest.raises(ExportError, match="imagette must not be asked for"):
        Worker(files, ("imagette",))(np.zeros((1, 28, 28, 1), np.uint8))


def test_code_of_one_s_own_is_source_already(experiment, tmp_path, monkeypatch):
    from imagette.run.train import train_experiment

    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def Net():\n    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\n"
    )
    monkeypatch.chdir(tmp_path)
    changed = experiment(recipe={"epochs": 0, "augment": []})
    own = changed.model_copy(update={"network": type(changed.network)(python="mine.py:Net")})
    (*_, ended) = train_experiment(own)
    (refused,) = export_run(ended.folder.path, ["torch"])
    assert isinstance(refused, NotExported)
    assert "it lies in the run's source/" in str(refused.error)
