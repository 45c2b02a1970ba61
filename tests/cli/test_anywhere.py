"""Every command, found in the command line itself, where a person may be without much luck.

Each is called by the example in its own help, on a small experiment and a run of it: in a folder of
accents and spaces, in a locale that knows neither, without a home, on a terminal of 40 columns, or
for a reader who has left.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

from imagette.cli.main import COMMANDS, application

EXPERIMENT = """
data = {limit = 60, validation = 0.2}
network = {text = "conv 2 3x3 stride=4\\nrelu\\nconv 2 3x3\\nrelu\\nflatten\\nlinear classes"}
recipe = {epochs = 1, batch = 30}
engine = {threads = 1}
"""
RUNS = ("runs/un titre/un run", "runs/un titre/un autre")
OWN = {
    "cifar10": "npz:à moi.npz",
    "fashion-sample": "npz:à moi.npz",
    "first_light": "à moi.toml",
    "lenet_cifar_batch20": "à moi.toml",
    "photo.jpg": "été.png",
    "resnet20": "lenet5",
    "0,12,12": "0,2,2",
}
SMALLER = {
    "parity": ["--steps", "1"],
    "profile": ["--seconds", "0.1"],
    "rates": ["--steps", "20"],
    "runs remove": ["--yes"],
}
REFUSED = {  # what needs a place that is this user's own, or more letters: code and words
    "evaluate": (1, "The test set of fashion-sample stays sealed"),
    "data check": (1, "is not in the cache"),
    "track": (2, "TensorBoard cannot write in"),  # in an ASCII locale
}


def leaves(command, words=()):
    """Every command that has none below it, by its words, with its help."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return {words: command.help or ""}
    return {
        key: text
        for name, one in inner.items()
        for key, text in leaves(one, (*words, name)).items()
    }


ALL = leaves(typer.main.get_command(application(list(COMMANDS))))


def example(words):
    """The words of the example in a command's help, after `imagette`."""
    found = re.search(r"Example: imagette ([^>\n]+(?:\n[^>\n]+)*)", ALL[words])
    assert found, f"{' '.join(words)} has no example in its help"
    return shlex.split(found[1])


def command_line(words):
    """The example, with this test's own experiment, runs and set in the place of others."""
    runs = iter(RUNS)
    given = [next(runs) if w.startswith("runs/") else OWN.get(w, w) for w in example(words)]
    return [*given, *SMALLER.get(" ".join(words), [])]


def environment(folder):
    """Nothing says where data, cache and state lie, no home folder can be made, and only ASCII."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMAGETTE_")}
    hostile = {"HOME": "/proc/nowhere", "LC_ALL": "C", "PYTHONUTF8": "0", "TERM": "xterm"}
    return {**kept, **hostile, "TMPDIR": str(folder)}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, forks):
    """Two runs and a picture, in a folder of a name that a shell would part, and not ASCII."""
    folder = tmp_path_factory.mktemp("été") / "deux mots"
    folder.mkdir()
    (folder / "à moi.toml").write_text(EXPERIMENT, encoding="utf-8")
    done = forks(["train", "à moi.toml", "--out", RUNS[0]], folder, 40)
    assert (done["code"], done["err"].count("\n")) == (0, 1), done
    shutil.copytree(folder / RUNS[0], folder / RUNS[1])
    picture = np.eye(28, dtype=np.uint8) * 255
    Image.fromarray(picture).save(folder / "été.png")
    two, labels = np.stack([picture, picture.T // 2])[..., None], np.arange(2)
    halves = {"x_train": two, "y_train": labels, "x_test": two, "y_test": labels}
    np.savez(folder / "à moi.npz", **halves)
    return folder


@pytest.fixture
def place(trained, tmp_path):
    """A copy of it for a test of its own."""
    return shutil.copytree(trained, tmp_path / "été" / "deux mots")


@pytest.fixture(scope="module")
def forks(tmp_path_factory):
    """Calls a command in a process that need not import everything again."""
    folder = tmp_path_factory.mktemp("tmp")
    said = (folder / "said").open("w+")
    script = [sys.executable, str(Path(__file__).with_name("forks.py"))]
    with subprocess.Popen(
        script,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        text=True,
    ) as process:

        def call(words, place, columns):
            asked = {"words": words, "folder": str(place), "columns": columns}
            print(json.dumps(asked), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline())

        assert process.stdout.readline(), "it did not come so far"
        yield call
        process.stdin.close()
    said.seek(0)
    assert said.read() == "", "importing complains"
    said.close()


def judged(words, done):
    said, refused = done["err"], REFUSED.get(" ".join(words))
    if refused:
        code, words_of_it = refused
        assert done["code"] == code, done
        assert said.count("imagette: error: ") == 1
        assert words_of_it in said
        return
    assert done["code"] == 0, done
    unheard = [line for line in said.splitlines() if not line.startswith("imagette: ")]
    assert not unheard, said
    assert len(set(said.splitlines())) == len(said.splitlines()), f"twice the same: {said}"


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_it_works_without_a_home_in_another_locale_on_40_columns(words, place, forks):
    done = forks(command_line(words), place, 40)
    judged(words, done)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_it_survives_a_reader_who_has_left(words, place, forks):
    judged(words, forks(command_line(words), place, 0))


def test_a_page_spells_a_path_as_it_is_whatever_the_locale(place, forks):
    (place / RUNS[0]).rename(place / "à moi")
    assert forks(["report", "à moi", "--out", "é.md", "--format", "md"], place, 40)["code"] == 0
    assert f"{place}/à moi" in (place / "é.md").read_text(encoding="utf-8")


def test_a_name_that_the_locale_cannot_write_is_told_in_one_line(place, forks):
    (place / "à moi.toml").write_text(EXPERIMENT + 'run = {title = "é"}', encoding="utf-8")
    done = forks(["train", "à moi.toml"], place, 40)
    assert done["code"] == 2
    assert done["err"].endswith(
        "cannot name a file in this locale, which knows ascii alone: set PYTHONUTF8=1, or "
        "LC_ALL=C.UTF-8\n"
    )
    assert done["err"].count("\n") == 2  # the first one says that there is no cache


def test_a_command_without_an_example_is_found(monkeypatch):
    monkeypatch.setitem(ALL, ("made", "up"), "Do something.")
    with pytest.raises(AssertionError, match="made up has no example in its help"):
        example(("made", "up"))
