"""Code of a run from elsewhere is run by no command, unless the user vouches for it."""

import py_compile
import shutil
import sys

import pytest

from imagette.cli.main import main
from imagette.run.train import train_experiment
from imagette.store.trust import check_trusted, remember

CODE = """
from pathlib import Path
import numpy as np
from torch import nn

Path({canary!r}).touch()

def net():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

def metric(logits, labels):
    return 0.5
"""

VOUCHED = ("evaluate", "describe", "predict", "activations", "dissect", "reproduce", "export")


@pytest.fixture
def canary(tmp_path):
    return tmp_path / "ran"


@pytest.fixture
def stranger(tmp_path, experiment, canary, monkeypatch):
    """A run with code of its own that comes from another machine; the code has not run here."""
    (tmp_path / "mine.toml").write_text("")
    (tmp_path / "mine.py").write_text(CODE.format(canary=str(canary)))
    chosen = experiment(
        network={"python": "mine.py:net", "text": None},
        recipe={"epochs": 1},
        evaluation={"metrics": ["mine.py:metric"]},
    )
    list(train_experiment(chosen, source=tmp_path / "mine.toml", out=tmp_path / "made"))
    run = shutil.copytree(tmp_path / "made", tmp_path / "from elsewhere")
    (tmp_path / "mine.py").unlink()
    canary.unlink()
    for name in [name for name in sys.modules if name.startswith("mine_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.chdir(tmp_path)
    return run


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["evaluate", "RUN"], 2),
        (["evaluate", "RUN", "--split", "test", "--open-test"], 2),
        (["train", "--resume", "RUN"], 2),
        (["describe", "RUN"], 2),
        (["profile", "RUN"], 2),
        (["compare", "RUN"], 0),
        (["compare", "RUN", "RUN", "--json"], 0),
        (["runs", "list", "."], 0),
        (["runs", "show", "RUN"], 0),
        (["note", "RUN", "from a stranger"], 0),
        (["train", "--from", "RUN", "--set", "recipe.epochs=1", "--set", "data.limit=60"], 2),
        (["plan", "RUN"], 2),
        (["parity", "RUN"], 2),
        (["rates", "RUN"], 2),
        (["sweep", "RUN"], 2),
        (["report", "RUN"], 0),
        (["predict", "RUN", "RUN/curves.png"], 2),
        (["activations", "RUN"], 2),
        (["dissect", "RUN"], 2),
        (["reproduce", "RUN"], 2),
        (["export", "RUN", "--to", "onnx"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_no_command_runs_the_code_of_a_stranger(stranger, canary, capsys, words, code):
    finished = stranger / "finished.json"
    if "--resume" in words:
        finished.unlink()
    given = [word.replace("RUN", str(stranger)) for word in words]
    assert main(given) == code
    said = capsys.readouterr().err
    assert not canary.exists()
    if (code and words[0] in VOUCHED) or "--resume" in words:
        assert said.count("\n") == 1
        assert "names code that was not run by you on this machine" in said
        assert "--trust" in said


@pytest.mark.parametrize("words", [["evaluate"], ["describe"], ["report"]], ids=" ".join)
def test_who_vouches_for_it_has_it_run(stranger, canary, words):
    assert main([*words, str(stranger), "--trust"]) == 0
    assert canary.exists()


def test_a_register_that_a_killed_process_tore_is_mended(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGETTE_STATE", str(tmp_path / "state"))
    runs = [tmp_path / name for name in "ab"]
    for run in runs:
        run.mkdir()
        (run / "resolved.json").write_text("{}")
    remember(runs[0])
    with (tmp_path / "state" / "runs.jsonl").open("ab") as file:
        file.write(b'{"run": "/')
    remember(runs[1])
    for run in runs:
        check_trusted(run, trust=False)


def added(run):
    (run / "source" / "helper.py").write_text("")


def changed(run):
    with (run / "source" / "mine.py").open("a") as file:
        file.write("#\n")


def compiled(run):
    """Python imports a .pyc that has no source beside it."""
    (run / "helper.py").write_text("")
    py_compile.compile(str(run / "helper.py"), str(run / "source" / "helper.pyc"))


def linked(run):
    (run / "source" / "package").symlink_to("/tmp")


@pytest.mark.parametrize("change", [added, changed, compiled, linked])
def test_ones_own_run_is_a_strangers_once_its_code_has_changed(
    stranger, canary, capsys, tmp_path, change
):
    own = tmp_path / "made"
    assert main(["describe", str(own)]) == 0
    assert canary.exists()
    change(own)
    assert main(["describe", str(own)]) == 2
    assert "or has changed since" in capsys.readouterr().err


def test_compiled_code_within_a_run_is_not_believed(stranger, tmp_path, monkeypatch):
    """A `__pycache__` may fit its source by date and size, whatever is in it."""
    monkeypatch.setattr(sys, "pycache_prefix", None)
    own = tmp_path / "made"
    assert main(["evaluate", str(own)]) == 0
    assert sys.pycache_prefix
    assert not list((own / "source").rglob("*.pyc"))
