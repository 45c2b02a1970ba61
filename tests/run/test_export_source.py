"""A real run as source: checked, run alone, read back, and trained again."""

import ast
import json
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location

import numpy as np
import pytest
import torch
from PIL import Image

from imagette.cli.main import main
from imagette.data.dataset import open_data
from imagette.errors import ExportError
from imagette.export.exported import Exported, NotExported
from imagette.export.format import Options
from imagette.export.source.format import TORCH
from imagette.run.evaluate import experiment_of
from imagette.run.export import export_run, trained_of
from imagette.run.origin import Origin, read_origin
from imagette.run.ready import ready
from imagette.store.folder import RunFolder

ALONE = """
import runpy, sys
sys.modules["imagette"] = None  # as where it was never installed
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


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


@pytest.fixture
def alone(folders, tmp_path):
    """Runs a framework's file without imagette, in a folder of its own with pictures in it."""
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(tmp_path / "picture.png")
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
    np.savez(tmp_path / "data.npz", images=images, labels=np.arange(40, dtype=np.uint8) % 10)

    def run(*words, framework="torch"):
        command = [sys.executable, "-I", "-c", ALONE, folders[framework] / "network.py", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return run


def test_whoever_has_no_imagette_sees_the_classes_that_the_run_sees(alone, small_run, tmp_path):
    # 001-42
    folder = RunFolder.open(small_run)
    data = open_data(experiment_of(folder).data)
    _, kept = folder.read_evaluation("validation")
    names = [f"{number}.png" for number in range(8)]
    for name, image in zip(names, data.validation.images, strict=False):
        Image.fromarray(image[..., 0]).save(tmp_path / name)
    ours = [data.class_names[best] for best in kept["logits"][:8].argmax(1)]
    said = re.findall(r"^(\d.png): (.+) \(", alone(*names).stdout, re.M)
    assert said == list(zip(names, ours, strict=True))
    assert len(set(ours)) > 1


def test_without_imagette_means_without(tmp_path):  # 001-42
    (tmp_path / "asks.py").write_text("import imagette")
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, tmp_path / "asks.py"], capture_output=True, text=True
    )
    assert "ModuleNotFoundError: import of imagette halted" in done.stderr


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_the_file_trains_anew_and_takes_what_it_kept(
    framework, alone, folders, small_run, tmp_path
):
    # 004-44, 001-42
    said = alone("--train", "data.npz", framework=framework).stdout  # grey: [N,H,W] will do
    assert re.search(r"^epoch 1: mean loss [\s\S]*^accuracy on the training images: ", said, re.M)
    again = alone("--weights", "trained.safetensors", "picture.png", framework=framework)
    assert again.stdout.startswith("picture.png: ")
    assert "is there already" in alone("--train", "data.npz", framework=framework).stderr
    assert not list(folders[framework].glob("trained*"))  # which would bar --overwrite
    assert set(tmp_path.iterdir()) >= {tmp_path / "trained.safetensors"}


def test_dark_on_light_is_light_on_dark_if_asked(alone, tmp_path):  # 004-44
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(tmp_path / "paper.png")
    dark, light, inverted = (
        alone(*words).stdout.partition(": ")[2]
        for words in (["picture.png"], ["paper.png"], ["--invert", "paper.png"])
    )
    assert inverted == dark != light


def test_mistakes_are_one_line_each(alone, tmp_path):  # 004-44
    (tmp_path / "text.png").write_text("no picture")
    np.savez(tmp_path / "half.npz", images=np.zeros((2, 28, 28, 1), np.uint8))
    np.savez(tmp_path / "far.npz", images=np.zeros((2, 28, 28), np.uint8), labels=np.array([0, 10]))
    wanted = r"images, uint8 \[N,28,28,1\], and labels, 0 to 9 \[N\]: "
    told = {
        (): "give PICTURE..., or --train DATA.npz",
        ("--train", "data.npz", "--invert"): "--invert and --weights are for PICTURE",
        ("text.png",): "text.png is no picture that can be read: ",
        ("--train", "half.npz"): f"half.npz must hold {wanted}it has no labels",
        ("--train", "far.npz"): f"far.npz must hold {wanted}its labels go from 0 to 10",
        ("--train", "text.png"): "text.png must hold ",
        ("--weights", "text.png", "picture.png"): "text.png holds no weights of this network: ",
    }
    for words, line in told.items():
        done = alone(*words)
        assert done.returncode == 2
        assert re.search(f"^network.py: error: {line}", done.stderr.splitlines()[-1]), done.stderr
        assert "Traceback" not in done.stderr


def test_the_head_says_that_training_stopped(experiment, stopped_after, module):  # 004-44
    from imagette.run.train import train_experiment

    recipe = {"epochs": 3, "batch": 64, "augment": []}
    run = stopped_after(train_experiment(experiment(recipe=recipe)), 1)
    part = trained_of(ready(run.path))
    (written,) = TORCH.write(part, None, Options()).models
    head = " ".join(ast.get_docstring(ast.parse(written.data)).split())
    assert "by part of this recipe: Adam, 3 epochs, batches of 64" in head
    assert f"Training stopped at step {part.step} of 15." in head  # 5 batches an epoch
    whole = " ".join(module.__doc__.split())
    assert "Adam, 1 epoch, batches of 32. Pictures" in whole


def test_the_certificate_says_where_normalisation_is(folders):  # 004-37
    for framework, network in {"torch": "Network", "jax": "apply"}.items():
        text = (folders[framework] / "certificate.md").read_text()
        assert f"Normalisation is not inside `{network}`" in text


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
