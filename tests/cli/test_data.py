import json

import numpy as np
import pytest
from PIL import Image

from imagette.cli.main import main
from imagette.data import named


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGETTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(named, "customary_roots", tuple)


@pytest.fixture
def own_set(tmp_path):
    words = np.random.Philox(key=1).random_raw(30 * 4 * 5)
    images = (words % 256).astype(np.uint8).reshape(30, 4, 5)
    images[29] = images[0]
    train = {"x_train": images[:20], "y_train": np.arange(20) // 15}
    test = {"x_test": images[20:], "y_test": np.arange(10) % 2}
    np.savez(tmp_path / "own.npz", **train, **test, class_names=["cat", "dog\n2"])
    return "npz:own.npz"


def test_list_names_every_set_with_its_size_and_place(capsys):
    # 002-01, 002-27
    assert main(["data", "list"]) == 0
    said = capsys.readouterr().out
    assert "fashion-sample  10,000 +  2,000  1x28x28" in said
    assert "to fetch: imagette data get cifar10" in said
    assert main(["data", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["cifar10"]["train"], rows["cifar10"]["where"]) == (50_000, None)
    assert rows["fashion-sample"]["where"] == "in the package"


def test_get_says_from_where(capsys, tmp_path):
    assert main(["data", "get", "fashion-sample"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("fashion-sample: from the files that come with imagette; ")
    assert said.endswith(f"verified, in {tmp_path / 'cache/data/fashion-sample-v1'}\n")
    assert main(["data", "get", "fashion-sample", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["digests"]["test"]) == 64


def test_show_draws_a_grid_and_prints_what_it_saw(own_set, capsys, tmp_path):
    # 002-03, 002-06, 003-05
    assert main(["data", "show", own_set, "--out", "grid.png"]) == 0
    said = capsys.readouterr().out
    assert "own.npz: images 1x4x5 (channels x height x width)" in said
    assert "cat            13  72.2%          2 100.0%          5  50.0%" in said
    assert "dog\\n2          5  27.8%" in said
    assert "imbalanced: in train the largest class has 13 images, the smallest 5" in said
    assert "equal pictures in training (validation included) and in test: 1\n" in said
    assert "training image = test image: 0 = 9\n" in said
    assert "(of training, pixel / 255)" in said
    assert Image.open(tmp_path / "grid.png").format == "PNG"


def test_show_replaces_a_picture_only_when_asked(own_set, capsys, tmp_path):
    # 004-T4
    (tmp_path / "grid.png").write_text("mine")
    assert main(["data", "show", own_set, "--out", "grid.png"]) == 2
    assert "'grid.png' exists: give --overwrite" in capsys.readouterr().err
    assert (tmp_path / "grid.png").read_text() == "mine"
    assert main(["data", "show", own_set, "--out", "grid.png", "--overwrite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["imbalanced"] == ["train", "validation"]


def test_check_reads_the_cache_again(capsys, tmp_path):
    assert main(["data", "check", "fashion-sample"]) == 1
    assert "is not in the cache" in capsys.readouterr().err
    main(["data", "get", "fashion-sample"])
    assert main(["data", "check", "fashion-sample"]) == 0
    assert "10,000 + 2,000 images have their recorded digests" in capsys.readouterr().out
    path = tmp_path / "cache/data/fashion-sample-v1/train_labels.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert main(["data", "check", "fashion-sample", "--json"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["get", "mnits"], 2, "'mnits' is not a data set. Did you mean 'mnist'?"),
        (["get", "mnist", "--data-dir", "nowhere"], 2, "The data folder must be a folder."),
        (["show", "folder:nowhere"], 2, "must name a folder that exists"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(capsys, words, code, line):
    assert main(["data", *words]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert line in said.err
    assert said.err.count("\n") == 1
