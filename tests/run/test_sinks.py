"""A training whose trackers behave as badly as they can, and one whose tracker does not."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from time import sleep

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from imagette.errors import MissingExtra, UsageError
from imagette.run import sinks
from imagette.run.sinks import Sinks
from imagette.run.train import Ended, resume, train_experiment
from imagette.run_spec import WandbSpec
from imagette.store.folder import RunFolder
from imagette.store.provenance import environment
from imagette.store.tracking import telling
from imagette.track.follow import about
from imagette.train.events import EpochRow, Remark, Stop

FAKE = """
import os, signal, sys, time
class Settings:
    def __init__(self, **settings): pass
class errors:
    class UsageError(Exception): pass
    class CommError(Exception): pass
def init(**settings):
    {behaviour}
"""
BEHAVIOURS = {
    "raises": (
        "raise ValueError('no such\\n project')",
        "note: Weights & Biases failed (ValueError: no such project): the run is whole",
    ),
    "kills itself": (
        "os.kill(os.getpid(), signal.SIGKILL)",
        "note: Weights & Biases is no longer told (signal 9 ended its process)",
    ),
    "exits": (
        "sys.exit('lost the server')",
        "note: Weights & Biases failed (SystemExit: lost the server)",
    ),
}


def test_two_runs_begun_in_one_second_have_ids_of_their_own(experiment, monkeypatch):
    # 004-11
    made = environment()
    monkeypatch.setattr("imagette.run.begin.environment", lambda: made)
    chosen = experiment(recipe={"epochs": 1})
    endings = [list(train_experiment(chosen))[-1] for _ in range(2)]
    one, other = (about(ended.folder) for ended in endings)
    assert one.began == other.began
    assert one.settings == other.settings
    assert one.id != other.id


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Puts a package of W&B's name in the way of the real one, for processes begun from now on."""

    def put(behaviour):
        package = tmp_path / "fakes" / "wandb"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(FAKE.format(behaviour=behaviour))
        path = [str(package.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))  # an empty part is the folder

    return put


@pytest.fixture
def quiet_bytes(experiment, trained):
    """The history of the experiment without a tracker."""
    folder = trained(experiment()).folder
    return (folder.path / "history.jsonl").read_bytes()


def remarks(events):
    return [f"note: {event.text}" for event in events if isinstance(event, Remark)]


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_tracker_that_fails_takes_nothing_from_the_training(
    name, experiment, fake, quiet_bytes, monkeypatch
):  # 004-11
    behaviour, message = BEHAVIOURS[name]
    fake(behaviour)
    monkeypatch.setattr(sinks, "PATIENCE_SECONDS", 60.0)  # it ends as soon as its process does
    events = list(train_experiment(experiment(run={"track": ["wandb"]})))
    assert isinstance(events[-1], Ended)
    assert [text for text in remarks(events) if text.startswith(message)]
    folder = events[-1].folder
    assert (folder.path / "history.jsonl").read_bytes() == quiet_bytes
    assert folder.finished()["reason"] == "all epochs are done"


SIGNALS = "[os.kill(os.getpid(), getattr(signal, s)) for s in {}]; raise ValueError('alive')"
OF_A_JOB = ["SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"]  # Slurm and OAR send them to all of it


@pytest.mark.parametrize("behaviour", ["raise ValueError('alive')", SIGNALS.format(OF_A_JOB)])
def test_while_a_training_goes_on_a_process_that_ends_says_why_and_nothing_else(
    behaviour, make_run, fake, tmp_path, monkeypatch
):
    (tmp_path / "random.py").write_text("raise SystemExit('a file of the working folder')")
    monkeypatch.chdir(tmp_path)
    fake(behaviour)
    trackers, told = Sinks(), []
    assert list(trackers.begin(make_run(finished=False), [WandbSpec()])) == []
    while not told:
        sleep(0.05)
        told = trackers.failures()
    assert told == ["Weights & Biases failed (ValueError: alive): the run is whole, track it again"]


def test_a_log_that_a_stranger_made_a_link_is_not_written(make_run, tmp_path):
    run, precious = make_run(), tmp_path / "precious"
    precious.touch()
    (run.path / "tracking").mkdir()
    (run.path / "tracking" / "wandb.log").symlink_to(precious)
    (said,) = Sinks().begin(run, [WandbSpec()])
    assert said.startswith("Weights & Biases is not told of this run: ")


def test_a_tracker_that_hangs_is_left_in_the_background(experiment, fake, quiet_bytes, monkeypatch):
    fake("time.sleep(600)")
    monkeypatch.setattr(sinks, "PATIENCE_SECONDS", 0.2)
    events = list(train_experiment(experiment(run={"track": ["wandb"]})))
    (told,) = [text for text in remarks(events) if "in the background" in text]
    os.kill(int(told.partition("(process ")[2].partition(")")[0]), signal.SIGKILL)
    assert told.endswith("tracking/wandb.log in the run says how it ends")
    assert (events[-1].folder.path / "history.jsonl").read_bytes() == quiet_bytes


def curve(run, tag):
    reader = EventAccumulator(str(run.path / "tracking" / "tensorboard")).Reload()
    return {event.step: event.value for event in reader.Scalars(tag)}, len(reader.Scalars(tag))


def test_a_stopped_and_resumed_training_is_one_curve(experiment, monkeypatch):  # 004-32
    monkeypatch.setattr(sinks, "PATIENCE_SECONDS", 60.0)
    asked = experiment(recipe={"epochs": 3}, run={"track": ["tensorboard"]})
    events = train_experiment(asked)
    event = next(events)
    while not isinstance(event, EpochRow) or event.figures["epoch"] < 1:
        event = events.send(None)
    events.send(Stop("enough"))
    *_, finished = events
    assert not finished.complete
    folder = RunFolder.open(Path(asked.run.folder) / "small")
    assert curve(folder, "loss/validation")[1] == len(folder.history())
    *_, ended = resume(folder.path)
    found, count = curve(folder, "loss/validation")
    rows = {row["step"]: row["validation_loss"] for row in ended.folder.history()}
    assert count == len(rows) == 4
    assert found == pytest.approx(rows, rel=1e-6)
    assert curve(folder, "evaluation/validation_accuracy")[1] == 1


def test_a_missing_package_is_one_line_before_anything_begins(experiment, monkeypatch, tmp_path):
    # 004-11
    monkeypatch.setattr("imagette.track.trackers.find_spec", lambda name: None)
    message = r"^TensorBoard \(tracking\) is not installed: pip install 'imagette\[tensorboard\]'$"
    with pytest.raises(MissingExtra, match=message):
        next(train_experiment(experiment(run={"track": ["tensorboard"]})))
    assert not (tmp_path / "runs").exists()


def test_on_resuming_a_missing_package_is_a_remark(make_run, monkeypatch):
    monkeypatch.setattr("imagette.track.trackers.find_spec", lambda name: None)
    (said,) = Sinks().begin(make_run(), [WandbSpec()])
    assert said.startswith("Weights & Biases is not told of this run: Weights & Biases (tracking)")


def test_what_is_switched_off_needs_no_package_and_starts_nothing(
    experiment, monkeypatch
):  # 004-11
    monkeypatch.setattr("imagette.track.trackers.find_spec", lambda name: None)
    asked = experiment(recipe={"epochs": 1}, run={"track": [{"name": "wandb", "mode": "disabled"}]})
    *_, ended = train_experiment(asked)
    assert not (ended.folder.path / "tracking").exists()


def test_a_tracker_that_cannot_begin_is_a_remark(make_run):
    run = make_run()
    (run.path / "tracking").write_text("in the way")
    (said,) = Sinks().begin(run, [WandbSpec()])
    assert said.startswith("Weights & Biases is not told of this run: ")


@pytest.mark.system
def test_a_killed_and_resumed_training_is_one_curve(tmp_path):  # 004-32
    run = tmp_path / "run"
    settings = ["recipe.epochs=6", "run.checkpoints.every=3", 'run.track=["tensorboard"]']
    words = [part for word in settings for part in ("--set", word)]
    command = [sys.executable, "-m", "imagette", "train"]
    training = subprocess.Popen([*command, "--out", str(run), *words], stdout=subprocess.DEVNULL)
    history = run / "history.jsonl"
    while not history.exists() or len(history.read_bytes().splitlines()) < 3:
        assert training.poll() is None
        time.sleep(0.05)
    training.kill()
    training.wait()
    subprocess.run([*command, "--resume", str(run)], check=True, stdout=subprocess.DEVNULL)
    folder = RunFolder.open(run)
    while True:  # its process may need longer than the training waits
        with suppress(UsageError), telling(folder, "tensorboard"):
            break
        time.sleep(0.05)
    found, count = curve(folder, "loss/validation")
    rows = {row["step"]: row["validation_loss"] for row in folder.history()}
    assert count == len(rows) == 7
    assert found == pytest.approx(rows, rel=1e-6)
