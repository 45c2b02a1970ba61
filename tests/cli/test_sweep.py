"""`imagette sweep`, as its user sees it."""

import json
import signal
import subprocess
import sys

import pytest

from imagette.cli.main import main
from imagette.store.folder import RunFolder

SMALL = """
base = {{ network = {{ name = "softmax" }} }}
seeds = {seeds}
[set]
data.limit = 200
recipe.epochs = {epochs}
{more}
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(more="", seeds=1, epochs=1, name="mine.toml"):
        (tmp_path / name).write_text(SMALL.format(more=more, seeds=seeds, epochs=epochs))
        return name

    return write


def imagette(capsys, *words):
    """Exit code, standard output, standard error."""
    code = main(words)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_sweep_says_how_many_trials_shows_each_and_ends_in_a_table(written, capsys):  # 001-27
    name = written(seeds=2)
    code, out, err = imagette(capsys, "sweep", name)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "mine: 2 trials = 2 seeds"
    assert "done     base, seed 0: " in out
    assert "done     base, seed 1: " in out
    assert "% on validation, " in out
    assert "± " in out
    assert "compare runs/mine" in out
    code, out, _ = imagette(capsys, "sweep", name)  # a second call trains nothing again
    assert code == 0
    assert "there    2 of 2 trials have finished" in out
    assert "done " not in out


def test_a_dry_run_lists_the_trials_and_writes_nothing(written, capsys, tmp_path):
    name = written("[variants]\nplain = {}\nwide = { recipe.batch = 20, network.width = 2 }")
    code, out, _ = imagette(capsys, "sweep", name, "--dry-run")
    assert code == 0
    assert out.splitlines() == [
        "mine: 2 trials = 2 variants x 1 seed",
        "  plain: as the base",
        "  wide: recipe.batch = 20, network.width = 2",
    ]
    code, out, _ = imagette(capsys, "sweep", name, "--dry-run", "--json")
    assert json.loads(out)[1] == {
        "trial": "wide",
        "seed": 0,
        "settings": {"recipe.batch": 20, "network.width": 2},
    }
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_json_is_all_that_is_printed(written, capsys, tmp_path):
    code, out, err = imagette(capsys, "sweep", written(), "--json", "--out", "here")
    (outcome,) = json.loads(out)
    assert (code, err) == (0, "")
    assert outcome["trial"] == "base"
    assert outcome["outcome"] == "finished"
    assert 0 < outcome["accuracy"] < 1
    assert outcome["run"] == str(tmp_path / "here/base/seed-0")


def test_a_failed_trial_is_told_and_the_exit_code_is_1(written, capsys):  # 001-39
    wild = 'network.name = "ffnn", recipe.optimiser = { name = "sgd", rate = 1e30 }'
    name = written(f"[variants]\ngood = {{}}\nwild = {{ {wild} }}")
    code, out, _ = imagette(capsys, "sweep", name)
    assert code == 1
    assert "failed   wild, seed 0: The loss became" in out
    assert "1 failed: why is above and in " in out
    assert "done     good, seed 0: " in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing.toml"], "No sweep file 'nothing.toml' is there."),
        (["batch_size"], "Did you mean 'batch_sizes'?"),
        (["mine.toml", "--workers", "0"], "--workers must be a number from 1. Got 0."),
        (["mine.toml", "--on", "moon"], "'local'"),
    ],
)
def test_a_mistake_is_one_clear_line(written, capsys, words, message):  # 004-12
    written()
    code, _, err = imagette(capsys, "sweep", *words)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


def test_a_million_trials_are_counted_at_once_and_refused(written, capsys):
    axes = "\n".join(f"network.args.a{i} = {list(range(100))}" for i in range(3))
    code, out, err = imagette(capsys, "sweep", written(f"[grid]\n{axes}"))
    assert code == 2
    assert out.startswith("mine: 1,000,000 trials = 100 network.args.a0 x ")
    assert err.endswith("more than 1,000 need --yes.\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)])
def test_a_signal_saves_every_trial_and_says_how_to_go_on(
    written, tmp_path, number, code
):  # 004-32
    name = written(seeds=2, epochs=100_000)
    command = [sys.executable, "-m", "imagette", "sweep", name, "--workers", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    runs = [RunFolder(tmp_path / f"runs/mine/base/seed-{seed}") for seed in (0, 1)]
    while not all(run.checkpoints.steps()[-1:] > (0,) for run in runs):
        assert process.poll() is None, process.stderr.read()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert f"sweep {name}     (goes on where it was)" in out
    assert all(run.finished() is None and run.load("last").step > 0 for run in runs)
    assert all("stopped by the system (SIGTERM)" in run.log_path.read_text() for run in runs)
