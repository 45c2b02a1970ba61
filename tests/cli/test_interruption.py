"""Signals at every stage of a real process: data, compilation, evaluation, steps."""

import signal
import subprocess
import sys

import pytest

from imagette.cli.main import main
from imagette.store.folder import RunFolder

WORDS = ["train", "--set", "data.limit=300", "--set", "recipe.epochs=3"]

# A process that sends itself signals at the moment when the named function is called first.
SCRIPT = """
import os, sys
from importlib import import_module
from imagette.cli.main import main
module, name, numbers = sys.argv[1], sys.argv[2], [int(n) for n in sys.argv[3].split(",")]
place = import_module(module)
real = getattr(place, name)
def first(*arguments, **named):
    setattr(place, name, real)
    for number in numbers:
        os.kill(os.getpid(), number)
    return real(*arguments, **named)
setattr(place, name, first)
sys.exit(main(sys.argv[4:]))
"""
LOADING = ("imagette.run.prepare", "open_data")
COMPILING = ("imagette.run.train", "warm_up")
EVALUATING = ("imagette.train.loop", "score")
STEPPING = ("imagette.train.loop", "advanced")
SAVING = ("imagette.store.checkpoints", "write_checkpoint")


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def signalled(place, *numbers, engine="torch", words=None):
    """Exit code, standard output, standard error."""
    sent = ",".join(str(int(number)) for number in numbers)
    asked = words or [*WORDS, "--engine", engine]
    command = [sys.executable, "-c", SCRIPT, *place, sent, *asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 75), (signal.SIGUSR1, 75), (signal.SIGUSR2, 75)],
)
def test_a_signal_among_steps_ends_the_chunk_saves_and_says_how_to_go_on(runs, number, code):

    found, out, err = signalled(STEPPING, number)
    assert (found, err) == (code, "")
    assert "stopped by" in out
    assert "train --resume" in out
    folder = RunFolder.open(runs / "first_light")
    assert folder.load("last").step > 0
    assert folder.finished() is None


@pytest.mark.parametrize("place", [EVALUATING, SAVING])
def test_a_signal_during_evaluation_or_saving_waits_for_its_end(runs, place, capsys):
    found, out, _ = signalled(place, signal.SIGUSR1)
    assert found == 75
    assert "stopped by the system (SIGUSR1)" in out
    assert main(["train", "--resume", "runs/first_light"]) == 0
    assert RunFolder.open(runs / "first_light").history()[-1]["epoch"] == 3
    capsys.readouterr()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)])
def test_a_signal_to_reproduce_leaves_nothing_behind(runs, number, code, monkeypatch, capsys):
    assert main([*WORDS, "--set", "recipe.epochs=1"]) == 0
    capsys.readouterr()
    monkeypatch.setenv("TMPDIR", str(runs.parent))
    words = ["reproduce", "runs/first_light"]
    found, _, err = signalled(STEPPING, number, words=words)
    assert (found, err.count("\n")) == (code, 1)
    assert "before all was compared" in err
    assert not list(runs.parent.glob("imagette-reproduce-*"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)])
def test_a_signal_while_data_load_leaves_at_once_with_nothing_to_save(runs, number, code):
    found, _, err = signalled(LOADING, number)
    assert found == code
    assert err.startswith("imagette: stopped by")
    assert err.count("\n") == 1
    assert not runs.exists()


@pytest.mark.parametrize("engine", ["torch", "jax"])
def test_a_signal_during_compilation_leaves_a_run_to_resume(runs, engine, capsys):
    found, _, err = signalled(COMPILING, signal.SIGUSR2, engine=engine)
    assert found == 75
    assert "stopped by the system (SIGUSR2) before the first step" in err
    assert main(["train", "--resume", "runs/first_light"]) == 0
    assert RunFolder.open(runs / "first_light").finished() is not None
    capsys.readouterr()


@pytest.mark.parametrize("place", [EVALUATING, STEPPING, SAVING])
def test_ctrl_c_twice_leaves_at_once_and_the_run_goes_on_from_its_last_state(runs, place, capsys):
    found, out, err = signalled(place, signal.SIGINT, signal.SIGINT)
    assert found == 130
    assert "ended after" not in out
    assert err == "imagette: left at once: --resume goes on from the last state\n"
    assert not list(runs.rglob("*.tmp"))
    assert main(["train", "--resume", "runs/first_light"]) == 0
    capsys.readouterr()
