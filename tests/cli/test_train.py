"""`imagette train` and `imagette evaluate`, as their user sees them."""

import json
import os
import pty
import subprocess
import sys
import time

import pytest

from imagette.cli.main import main
from imagette.store.folder import RunFolder

SMALL = ["--set", "data.limit=300", "--set", "recipe.epochs=1"]


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def imagette(capsys, *words):
    """Exit code, standard output, standard error."""
    code = main(words)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_train_without_a_name_takes_the_embedded_sample(runs, capsys):  # 004-02, 000-05, 002-33
    code, out, err = imagette(capsys, "train", *SMALL)
    assert (code, err) == (0, "")
    for part in ("fashion-sample: 300 training", "5,994 parameters", "Ankle boot", "curves.png"):
        assert part in out
    assert (RunFolder.open(runs / "first_light").path / "curves.png").stat().st_size > 5000


def test_an_epochs_lines_say_what_the_course_asks(runs, capsys):  # 001-08, 001-12, 004-23
    _, out, _ = imagette(capsys, "train", *SMALL)
    figures, timing = out[out.index("epoch 1 ") :].splitlines()[:2]
    assert all(word in figures for word in ("loss", "accuracy", "error"))
    assert all(word in timing for word in ("images/s", "mul +", "add +", "max =", "/s"))


def test_the_log_holds_what_was_printed(runs, capsys):  # 004-28
    _, out, _ = imagette(capsys, "train", *SMALL)
    log = RunFolder.open(runs / "first_light").log_path.read_text()
    decided, *lines = log.splitlines()
    assert decided.startswith("decided: threads = ")
    assert lines[0].startswith("epoch 0 ")
    assert all(line in out for line in lines)


def test_a_run_is_evaluated_by_its_title(runs, capsys):  # 001-13
    imagette(capsys, "train", *SMALL)
    code, out, _ = imagette(capsys, "evaluate", "runs/first_light", "--json")
    figures = json.loads(out)
    assert code == 0
    assert len(figures["per_class"]) == 10
    assert figures["interval"][0] < figures["accuracy"] < figures["interval"][1]


def test_the_sealed_test_set_needs_a_word_more(runs, capsys):  # 000-12
    imagette(capsys, "train", *SMALL)
    code, out, err = imagette(capsys, "evaluate", "runs/first_light", "--split", "test")
    assert (code, out) == (2, "")
    assert err.startswith("imagette: error: The test set is sealed")
    code, out, err = imagette(capsys, "evaluate", "runs/first_light", "--open-test")
    assert (code, out) == (2, "")
    assert err.endswith("--split is validation: add --split test.\n")
    assert (
        imagette(capsys, "evaluate", "runs/first_light", "--split", "test", "--open-test")[0] == 0
    )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nothing.toml"], 2, "No experiment file 'nothing.toml' is there."),
        (["frist_light"], 2, "Did you mean 'first_light'?"),
        (["--set", "recipe.epoch=2"], 2, "Did you mean 'epochs'?"),
        (["--set", "network.name=lenet"], 2, "lenet5"),
        (["--set", "data.name=cifar11"], 2, "cifar10"),
        (["--engine", "tensorflow"], 2, "'engine.name' must be 'torch'"),
        (["--resume", "nowhere", "--out", "x"], 2, "leave out the experiment"),
        (["--from", "nowhere"], 2, "nowhere is not a run"),
        (["--from", "nowhere.pt"], 1, "nowhere.pt is not there"),
        (["--from", "nowhere.pt", "--names", "names.toml"], 2, "--names names.toml is not there"),
        (["--names", "order"], 2, "--names goes with --from FILE"),
        (["--reset", "linear1"], 2, "give --from RUN too"),
        (["--set", "recipe.optimiser={name='sgd',rate=1e30}"], 1, "The loss became"),
        (["--set", "network.args.conv1=100000000"], 2, "conv1"),
    ],
)
def test_a_mistake_is_one_clear_line_with_its_exit_code(runs, capsys, words, code, message):
    # 004-12, 004-T3
    found, _, err = imagette(capsys, "train", *SMALL, *words)
    assert found == code
    assert message in err
    assert "Traceback" not in err


def test_resuming_what_is_no_run_or_is_over_says_so(runs, capsys):  # 004-T3
    assert imagette(capsys, "train", "--resume", "nowhere")[0] == 2
    imagette(capsys, "train", *SMALL)
    code, out, _ = imagette(capsys, "train", "--resume", "runs/first_light")
    assert code == 0
    assert "is finished: all epochs are done" in out


def test_a_terminal_gets_a_bar_and_a_pipe_does_not(runs, capsys):  # 004-22, 001-14
    _, piped, _ = imagette(capsys, "train", *SMALL)
    assert "%" in piped
    assert "left" not in piped
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "imagette", "train", "--set", "recipe.epochs=1"]
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    process = subprocess.Popen(command, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    shown = b""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the process has closed its end
            break
        shown += part
    process.wait(timeout=10)
    assert b"images/s" in shown
    assert b" left" in shown
