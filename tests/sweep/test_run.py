"""Real sweeps of trials of a second each."""

import json
import shutil
import signal
import subprocess
import sys

import pytest

from imagette.errors import UsageError
from imagette.store.folder import RunFolder
from imagette.sweep.events import Started, SweepEnded, TrialEnded, Waiting
from imagette.sweep.folder import SweepFolder
from imagette.sweep.run import run_sweep
from imagette.sweep.trials import plan_trials
from imagette.train.events import Stop

LONG = {"recipe.epochs": 100_000}
WILD = {"recipe.optimiser": {"name": "sgd", "rate": 1e30}}


def stopped_in_training(sweep, out):
    """The events of a sweep that is sent a Stop once its first trial has trained an epoch."""
    trials = plan_trials(sweep)
    events, seen = run_sweep(sweep, trials, workers=1, out=out), []
    first = RunFolder(out / trials[0].folder)
    event = next(events)
    while not isinstance(event, SweepEnded):
        seen.append(event)
        event = events.send(Stop("enough") if first.checkpoints.steps()[-1:] > (0,) else None)
    return [*seen, event]


def test_each_trial_is_an_ordinary_run_with_a_row(tiny, swept, rows):  # 001-27, 001-39, 004-25
    sweep = tiny(grid={"recipe.optimiser": ["sgd", "adam"]}, seeds=[3])
    begun, *_, ended = swept(sweep, workers=2)
    assert (begun.num_trials, begun.finished, begun.workers, begun.threads) == (2, (), 2, 1)
    assert ended.complete
    assert [outcome.trial for outcome in ended.outcomes] == ["optimiser=sgd", "optimiser=adam"]
    runs = [RunFolder.open(outcome.run) for outcome in ended.outcomes]
    for run, outcome, name in zip(runs, ended.outcomes, ("sgd", "adam"), strict=True):
        assert run.path == begun.folder / f"optimiser-{name}/seed-3"
        resolved = run.resolved()
        assert (resolved["engine"]["threads"], resolved["seed"]) == (1, 3)
        assert resolved["recipe"]["optimiser"]["name"] == name
        assert resolved["run"]["title"] == f"tiny: optimiser={name}"
        assert outcome.split == "validation"
        assert run.evaluation_figures("validation")["accuracy"] == outcome.accuracy
    assert sorted((row["trial"], row["seed"], row["outcome"]) for row in rows()) == [
        ("optimiser=adam", 3, "finished"),
        ("optimiser=sgd", 3, "finished"),
    ]
    sgd, adam = (run.load(0).weights for run in runs)  # the same first weights: 002-18
    assert sgd.keys() == adam.keys()
    assert all((sgd[name] == adam[name]).all() for name in sgd)


def test_one_worker_leaves_the_threads_alone(finished):
    assert RunFolder.open(finished / "base/seed-0").resolved()["engine"]["threads"] is None


def test_a_trial_that_fails_is_recorded_and_stops_nothing(tiny, swept, rows):  # 001-39
    sweep = tiny(variants={"wild": WILD, "good": {}})
    begun, *_, ended = swept(sweep, workers=1)
    failed, good = ended.outcomes
    assert (failed.finished, failed.exit_code, failed.accuracy) == (False, 1, None)
    assert failed.reason.startswith("The loss became")
    assert "\n" not in failed.reason
    assert (good.finished, ended.complete) == (True, True)
    assert [(row["trial"], row["outcome"]) for row in rows()] == [
        ("wild", "failed"),
        ("good", "finished"),
    ]
    assert rows()[0]["reason"] == failed.reason
    begun, *events, ended = swept(sweep)  # what finished is passed over, what failed tried again
    assert [outcome.trial for outcome in begun.finished] == ["good"]
    assert [event.trial.name for event in events if isinstance(event, Started)] == ["wild"]
    assert [outcome.trial for outcome in ended.outcomes] == ["wild", "good"]
    assert [row["trial"] for row in rows()] == ["wild", "good", "wild"]


def test_a_stopped_sweep_saves_its_trials_and_goes_on_with_them(tiny, out):  # 004-32
    sweep = tiny(set=LONG, seeds=3)
    first = stopped_in_training(sweep, out)
    assert first[-1] == SweepEnded((), complete=False)
    assert not [event for event in first if isinstance(event, TrialEnded)]
    run = RunFolder(out / "base/seed-0")
    before = run.checkpoints.steps()[-1]
    again = stopped_in_training(sweep, out)
    started = [event for event in again if isinstance(event, Started)]
    assert [(event.trial.seed, event.resumed) for event in started] == [(0, True)]
    assert run.checkpoints.steps()[-1] >= before


def test_a_trial_killed_before_its_first_checkpoint_starts_anew(tiny, swept, finished):
    run = finished / "base/seed-0"
    (run / "finished.json").unlink()
    shutil.rmtree(run / "checkpoints")
    _, started, *_, ended = swept(tiny())
    assert not started.resumed
    assert ended.outcomes[0].finished


def test_a_process_that_is_killed_is_a_failed_trial(tiny, out, monkeypatch):
    made, plain = [], subprocess.Popen

    def popen(*arguments, **options):
        made.append(plain(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    ended = []
    for event in run_sweep(tiny(set=LONG), plan_trials(tiny(set=LONG)), workers=1, out=out):
        if isinstance(event, Waiting) and made:
            made[0].send_signal(signal.SIGKILL)
        if isinstance(event, TrialEnded):
            ended.append(event.outcome)
    assert [(outcome.reason, outcome.exit_code) for outcome in ended] == [
        ("its process was ended by signal 9 (SIGKILL)", -9)
    ]


def test_whoever_stops_listening_leaves_no_process(tiny, out):
    events = run_sweep(tiny(set=LONG), plan_trials(tiny(set=LONG)), workers=1, out=out)
    run = RunFolder(out / "base/seed-0")
    while not run.checkpoints.steps():
        next(events)
    events.close()
    with SweepFolder(out, None).held():  # a trial that still ran would hold it
        assert run.finished() is None


def test_the_trials_of_a_killed_sweep_keep_a_second_one_out(tiny, out):
    code = (
        "from imagette.sweep.run import run_sweep; from imagette.sweep.trials import plan_trials;"
        "from imagette.sweep.spec import Sweep; from pathlib import Path; import os, signal, sys\n"
        "sweep = Sweep.model_validate_json(sys.argv[1])\n"
        "out = Path(sys.argv[2])\n"
        "for event in run_sweep(sweep, plan_trials(sweep), workers=1, out=out):\n"
        "    if type(event).__name__ == 'Waiting':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    sweep = tiny(set={"recipe.epochs": 20})
    command = [sys.executable, "-c", code, sweep.model_dump_json(), str(out)]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    with pytest.raises(UsageError, match=r"is at work in .*/tiny: "):
        next(run_sweep(sweep, plan_trials(sweep), out=out))


def test_a_changed_sweep_is_refused_naming_what_differs(tiny, swept, finished):
    with pytest.raises(UsageError) as caught:
        swept(tiny(grid={"recipe.batch": [20]}, seeds=2))
    assert str(caught.value) == (
        f"{finished} was begun with another sweep: 'seeds' was 1 and is 2; "
        "'grid.recipe.batch' was absent and is [20]. "
        "Give the changed sweep another title, or --out."
    )


def test_what_differs_is_named_in_few_words(tiny, swept, finished):
    written = json.loads((finished / "sweep.json").read_text())
    written["sweep"]["grid"]["x" * 5_000] = [1]
    (finished / "sweep.json").write_text(json.dumps(written))
    with pytest.raises(UsageError, match=r"'grid\.xxx.*\.\.\.' was \[1\] and is absent") as caught:
        swept(tiny())
    assert len(str(caught.value)) < len(str(finished)) + 400


def test_a_folder_of_something_else_is_left_alone(tiny, swept, out):  # 004-T4
    out.mkdir()
    (out / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match=r"tiny is there and holds no sweep: give this one"):
        swept(tiny())
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_a_row_that_a_crash_tore_is_made_up_for(tiny, swept, finished, rows):
    first = rows()
    (finished / "trials.jsonl").write_text('{"trial": "ba')
    begun, ended = swept(tiny())
    assert begun.finished == ended.outcomes
    assert rows() == first


def test_data_that_are_missing_are_told_before_anything_runs(tiny, swept, out):
    with pytest.raises(UsageError, match=r"^data\.limit must leave an image for each of the 10"):
        swept(tiny(grid={"data.limit": [200, 3]}))
    assert not out.exists()


@pytest.mark.parametrize("workers", [0, -2])
def test_a_number_of_workers_below_1_is_refused(tiny, swept, workers):
    with pytest.raises(UsageError, match=rf"^--workers must be a number from 1\. Got {workers}\.$"):
        swept(tiny(), workers=workers)


def test_a_trial_can_be_run_again_from_its_own_file(finished, tmp_path):  # 003-23
    experiment, run = finished / "base/seed-0.json", finished / "base/seed-0"
    assert json.loads(experiment.read_text()) == RunFolder.open(run).resolved()
    command = [sys.executable, "-m", "imagette", "train", str(experiment)]
    subprocess.run([*command, "--out", str(tmp_path / "again")], check=True, capture_output=True)
    again = (tmp_path / "again/history.jsonl").read_bytes()
    assert again == (run / "history.jsonl").read_bytes()
